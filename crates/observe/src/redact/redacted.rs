//! A value that does not show itself.

use std::fmt;

use super::REDACTED;

/// Holds a value that neither `Debug` nor `Display` shows.
///
/// # Example
///
/// ```
/// use palisade_observe::redact::Redacted;
///
/// let token = Redacted::new("s3cr3t");
/// assert_eq!(format!("{token} {token:?}"), "[redacted] [redacted]");
/// assert_eq!(token.expose(), &"s3cr3t");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Redacted<T> {
    value: T,
}

impl<T> Redacted<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Self {
        Self { value }
    }

    /// Returns the value.
    pub const fn expose(&self) -> &T {
        &self.value
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
