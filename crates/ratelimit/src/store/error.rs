//! Why a store does not answer.

use std::error::Error;
use std::fmt;

/// A store that gave no answer.
///
/// Its text holds no address with a password and nothing of a request.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What kept a store from answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The answer is not what this release understands.
    Answer,
    /// The server said no: out of memory, read only, not allowed.
    Refused,
    /// No answer in time.
    Timeout,
    /// No connection, or it ended.
    Unreachable,
}

impl StoreError {
    /// States an error without a cause.
    #[must_use]
    pub const fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// States an error with its cause.
    pub fn caused_by(
        kind: StoreErrorKind,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// Returns what kept the store from answering.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl StoreErrorKind {
    /// Returns the word by which logs and metrics know it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Answer => "the store's answer is not understood",
            StoreErrorKind::Refused => "the store refused the command",
            StoreErrorKind::Timeout => "the store did not answer in time",
            StoreErrorKind::Unreachable => "the store cannot be reached",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| -> &(dyn Error + 'static) { source })
    }
}
