//! Randomness as a parameter.

use std::error::Error;

/// Gives unpredictable bytes to everything that makes salts, tokens and passwords.
///
/// [`OsRandom`] is the source in production; a test may give fixed bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills the whole of `bytes`.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the source has none; what is in `bytes` must then not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The source gave no random bytes, so that nothing secret can be made.
#[derive(Debug, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct RandomError {
    source: Box<dyn Error + Send + Sync>,
}

impl RandomError {
    /// Wraps the reason of the source.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

/// The random source of the operating system.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct OsRandom;

impl OsRandom {
    /// Returns the source; it holds nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(RandomError::new)
    }
}
