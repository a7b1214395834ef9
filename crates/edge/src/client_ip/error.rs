//! Why a request's client cannot be told.

use thiserror::Error;

use crate::address::HopError;

/// The trusted proxies said something from which no client can be told.
///
/// Never a reason to take the next best address: the next best one is what an attacker wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("cannot tell the client: {kind}")]
pub struct ClientIpError {
    kind: ClientIpErrorKind,
}

/// What kept [`client_ip`](crate::client_ip) from telling the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ClientIpErrorKind {
    /// A header of one value came several times.
    #[error("a header of one value came several times")]
    Duplicate,
    /// A hop is no address.
    #[error("a hop is no address")]
    Malformed,
    /// A trusted peer did not say for whom it speaks.
    #[error("a trusted proxy did not say for whom it speaks")]
    Missing,
    /// A proxy hides the address behind a name of its own.
    #[error("a proxy hides the address behind a name of its own")]
    Obfuscated,
    /// Fewer hops than were counted: the request came another way.
    #[error("fewer hops than configured")]
    TooFewHops,
    /// More hops than any deployment has.
    #[error("more hops than any deployment has")]
    TooManyHops,
    /// A proxy says that it does not know.
    #[error("a proxy does not know the address")]
    Unknown,
    /// A hop is `0.0.0.0` or `::`.
    #[error("a hop is the unspecified address")]
    Unspecified,
}

impl ClientIpError {
    /// Returns what was wrong.
    #[must_use]
    pub const fn kind(&self) -> ClientIpErrorKind {
        self.kind
    }
}

impl From<ClientIpErrorKind> for ClientIpError {
    fn from(kind: ClientIpErrorKind) -> Self {
        Self { kind }
    }
}

impl From<HopError> for ClientIpErrorKind {
    fn from(error: HopError) -> Self {
        match error {
            HopError::Malformed => Self::Malformed,
            HopError::Obfuscated => Self::Obfuscated,
            HopError::Unknown => Self::Unknown,
            HopError::Unspecified => Self::Unspecified,
        }
    }
}
