//! Why there is no shield.

/// A mistake in the making of a [`Shield`](super::Shield).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShieldError {
    /// A response header that contradicts another.
    #[error(transparent)]
    Headers(#[from] palisade_headers::Findings),
    /// A host that is none.
    #[error(transparent)]
    Hosts(#[from] palisade_edge::ConfigError),
    /// A limit that makes no sense.
    #[error(transparent)]
    Limits(#[from] palisade_ratelimit::Mistakes),
    /// The system has no randomness for the ids of requests.
    #[error("the system has no randomness: {0}")]
    Random(String),
}
