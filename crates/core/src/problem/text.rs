//! Words that the program says.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// A text whose words come from the program or its configuration, never from a request.
///
/// Literals convert by themselves; whoever has a `String` must name where it comes from, so that
/// one search for `from_program` shows every place that could leak what a client sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Text {
    words: Cow<'static, str>,
}

impl Text {
    /// Takes a text that was put together from literals, numbers and configuration.
    ///
    /// # Security
    ///
    /// The caller vouches that no byte of it was sent by a client: what a problem repeats ends up
    /// in logs, in other people's browsers and in error trackers.
    #[must_use]
    pub const fn from_program(words: String) -> Self {
        Self { words: Cow::Owned(words) }
    }

    /// Returns the words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.words
    }
}

impl From<&'static str> for Text {
    fn from(words: &'static str) -> Self {
        Self { words: Cow::Borrowed(words) }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
