//! Codes of a fixed form.

mod charset;
mod coded;
mod compile;

pub use charset::Charset;
pub use coded::{CodePattern, Coded};

use compile::Program;

/// The form of a code, such as `[A-Z]{2}-\d{4,6}`, compiled while the program is built.
///
/// The whole text must match: a pattern is anchored at both ends. It is a row of ASCII characters,
/// classes (`[a-z0-9_]`, `\d`) and escapes (`\-`), each followed by nothing, `?`, `*`, `+`, `{n}`,
/// `{n,m}` or `{n,}`. There are no groups and no alternatives, so that every tool reads it alike:
/// [`source`](Self::source) is a pattern for HTML and JSON Schema as it stands.
///
/// # Example
///
/// ```
/// use palisade_input_validation::Pattern;
///
/// const STUDENT: Pattern = Pattern::new(r"[A-Z]{2}-\d{4,6}");
/// assert!(STUDENT.matches("NP-2026"));
/// assert!(!STUDENT.matches("NP-2026\n"));
/// ```
///
/// # Cost
///
/// Time is linear in the length of the text, at most 63 steps for each byte and one where the pattern
/// leaves no choice; no allocation. A pattern takes 1.5 KiB.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: &'static str,
    program: Program,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Panics
    ///
    /// If the pattern is none, or has more than 63 places. In a `const`, which is where patterns are
    /// made, this is an error of the compiler.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, program: Program::compile(source.as_bytes()) }
    }

    /// Returns what it was made of, without anchors.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// Tells whether the whole text has this form.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.program.matches(text.as_bytes())
    }
}
