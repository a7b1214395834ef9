//! Cleartext requests that must not be led to https.

use http::StatusCode;
use thiserror::Error;

use crate::refusal::Refusal;

/// Why a request in clear is refused instead of redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum HttpsRefusal {
    /// Nobody told the URL: [`EdgeLayer`](crate::EdgeLayer) is missing around this layer.
    #[error("the external url is not known")]
    NoUrl,
    /// It carries a secret, which has leaked already.
    #[error("a secret in clear")]
    SecretInClear,
    /// Its host is not one to which anybody is led.
    #[error("a host for which this service does not answer")]
    UnknownHost,
    /// It would change something.
    #[error("an unsafe method in clear")]
    UnsafeMethod,
}

impl Refusal for HttpsRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoUrl => StatusCode::INTERNAL_SERVER_ERROR,
            Self::SecretInClear | Self::UnsafeMethod => StatusCode::FORBIDDEN,
            Self::UnknownHost => StatusCode::MISDIRECTED_REQUEST,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoUrl => "unknown_url",
            Self::SecretInClear | Self::UnsafeMethod => "https_required",
            Self::UnknownHost => "unknown_host",
        }
    }

    fn detail(&self) -> &'static str {
        match self {
            Self::NoUrl => "the service does not know under which address it was called",
            Self::SecretInClear => "use https, and replace the credential: it was sent in clear",
            Self::UnknownHost => "this service does not answer for that host",
            Self::UnsafeMethod => "use https",
        }
    }
}
