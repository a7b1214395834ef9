//! Sets of ASCII characters.

use super::compile::set;

/// A set of ASCII characters, written as a class of a [`Pattern`](super::Pattern): `[a-z0-9_]`.
///
/// # Cost
///
/// One bit is looked up for each byte; 16 bytes in all.
#[derive(Clone, Copy, Debug)]
pub struct Charset {
    source: &'static str,
    members: u128,
}

impl Charset {
    /// Compiles a class.
    ///
    /// # Panics
    ///
    /// If it is none; in a `const`, an error of the compiler.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self { source, members: set(source.as_bytes()) }
    }

    /// Returns what it was made of.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// Tells whether all characters of the text are of the set.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        text.bytes().all(|byte| byte.is_ascii() && self.members >> byte & 1 == 1)
    }
}
