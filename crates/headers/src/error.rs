//! What is wrong with a set-up value.

/// A value that the program brought and that cannot be used: quoted, with what to write instead.
///
/// # Example
///
/// ```
/// use palisade_headers::csp::Source;
///
/// let error = "self".parse::<Source>().unwrap_err();
/// assert_eq!(error.value(), "self");
/// assert_eq!(error.to_string(), "CSP source \"self\" is refused: write 'self', in single quotes");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} is refused: {instead}")]
pub struct ConfigError {
    what: &'static str,
    value: String,
    instead: String,
}

impl ConfigError {
    #[cold]
    pub(crate) fn new(
        what: &'static str,
        value: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self { what, value: value.into(), instead: instead.into() }
    }

    /// Returns the kind of value that was expected.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// Returns the refused value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns what to write instead.
    #[must_use]
    pub fn instead(&self) -> &str {
        &self.instead
    }
}
