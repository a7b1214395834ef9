//! Requests for a host that is none of ours.

use http::StatusCode;
use thiserror::Error;

use crate::host::HostError;
use crate::refusal::Refusal;

/// Why [`AllowedHosts`](crate::AllowedHosts) refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum HostRefusal {
    /// The request does not name exactly one valid host: 400 (RFC 9112 3.2).
    #[error(transparent)]
    Host(#[from] HostError),
    /// The host is none of the allowed ones: 421 (RFC 9110 15.5.20).
    #[error("a host for which this service does not answer")]
    Unknown,
}

impl Refusal for HostRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Host(_) => StatusCode::BAD_REQUEST,
            Self::Unknown => StatusCode::MISDIRECTED_REQUEST,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Host(_) => "invalid_host",
            Self::Unknown => "unknown_host",
        }
    }

    fn detail(&self) -> &'static str {
        match self {
            Self::Host(error) => error.detail(),
            Self::Unknown => "this service does not answer for that host",
        }
    }
}
