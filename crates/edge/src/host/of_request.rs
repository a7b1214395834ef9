//! The host that a request names.

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderMap, Uri, Version};
use thiserror::Error;

use super::Authority;

/// A request that does not name exactly one valid host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum HostError {
    /// The host is none.
    #[error("invalid host")]
    Invalid,
    /// The request target and `Host` name different hosts.
    #[error("two different hosts")]
    Mismatch,
    /// No host is named.
    #[error("no host")]
    Missing,
    /// `Host` came several times.
    #[error("several hosts")]
    Several,
}

impl HostError {
    /// Says it to the client.
    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::Invalid => "the host is not valid",
            Self::Mismatch => "the request names two different hosts",
            Self::Missing => "the request names no host",
            Self::Several => "the request has several Host headers",
        }
    }
}

/// Returns the host that a request names, in its target or in `Host`.
///
/// HTTP/1 needs exactly one valid `Host` (RFC 9112 3.2); later versions may name the host in
/// `:authority` alone (RFC 9113 8.3.1). Where both are there they must agree, also for HTTP/1,
/// where the standard would have `Host` ignored: no honest client sends two.
///
/// # Errors
///
/// [`HostError`], to be answered with 400.
///
/// # Cost
///
/// No allocation for names of up to 56 bytes.
pub fn authority_of(
    version: Version,
    target: &Uri,
    headers: &HeaderMap,
) -> Result<Authority, HostError> {
    let mut lines = headers.get_all(HOST).iter();
    let header = match (lines.next(), lines.next()) {
        (_, Some(_)) => return Err(HostError::Several),
        (None, None) => None,
        (Some(line), None) => Some(read(line.as_bytes())?),
    };
    let target_authority =
        target.authority().map(|authority| read(authority.as_str().as_bytes())).transpose()?;
    match (target_authority, header) {
        (Some(named), Some(header)) if !agree(&named, &header, target.scheme()) => {
            Err(HostError::Mismatch)
        }
        (_, Some(header)) => Ok(header),
        (Some(named), None) if version >= Version::HTTP_2 => Ok(named),
        (_, None) => Err(HostError::Missing),
    }
}

fn read(text: &[u8]) -> Result<Authority, HostError> {
    Authority::parse(text).ok_or(HostError::Invalid)
}

/// Equal, where a port that the scheme implies may be left out.
fn agree(one: &Authority, other: &Authority, scheme: Option<&Scheme>) -> bool {
    let implied = scheme.and_then(|scheme| match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    });
    one.host() == other.host() && one.port().or(implied) == other.port().or(implied)
}
