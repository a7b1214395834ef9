//! Text of clients in log lines.

use std::fmt::{self, Write};

use crate::text::judge;

/// A text that stands in one line of a log and moves no terminal.
///
/// Controls, line breaks, characters that reorder or hide and backslashes become escapes of Rust
/// (`\n`, `\u{202e}`); of more than `MAX` characters the rest is counted.
///
/// # Example
///
/// ```
/// use palisade_input_validation::LogText;
///
/// let sent = "bob\r\nINFO admin signed in \u{1b}[2J";
/// assert_eq!(LogText::<64>(sent).to_string(), "bob\\r\\nINFO admin signed in \\u{1b}[2J");
/// assert_eq!(LogText::<3>(sent).to_string(), "bob[+27 characters]");
/// ```
///
/// # Cost
///
/// Writes into the formatter; allocates nothing.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "a view of a text")]
pub struct LogText<'a, const MAX: usize = 256>(pub &'a str);

impl<const MAX: usize> fmt::Display for LogText<'_, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MAX) {
            if matches!(character, '\t' | '\n' | '\r' | '\\') || judge(character).is_err() {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        match characters.count() {
            0 => Ok(()),
            more => write!(f, "[+{more} characters]"),
        }
    }
}

impl<const MAX: usize> fmt::Debug for LogText<'_, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
