//! Requests that come from nobody.

use http::StatusCode;
use thiserror::Error;

use crate::refusal::Refusal;
use crate::{ClientIpError, ExternalUrlError};

/// Why [`EdgeLayer`](crate::EdgeLayer) refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EdgeRefusal {
    /// The client cannot be told.
    #[error(transparent)]
    Client(ClientIpError),
    /// The server did not tell the peer's address.
    #[error("the server did not tell the peer's address")]
    NoPeer,
    /// The URL cannot be told.
    #[error(transparent)]
    Url(ExternalUrlError),
}

impl Refusal for EdgeRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Client(_) | Self::Url(_) => StatusCode::BAD_REQUEST,
            Self::NoPeer => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Client(_) => "unidentified_client",
            Self::NoPeer => "unknown_peer",
            Self::Url(_) => "unidentified_url",
        }
    }

    fn detail(&self) -> &'static str {
        match self {
            Self::Client(_) => "the way of the request to this service cannot be told",
            Self::NoPeer => "the service does not know its connections",
            Self::Url(ExternalUrlError::Host(error)) => error.detail(),
            Self::Url(_) => "the address under which the request was made cannot be told",
        }
    }
}
