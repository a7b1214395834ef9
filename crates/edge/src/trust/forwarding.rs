//! Where proxies write whom they speak for.

use http::HeaderName;
use http::header::FORWARDED;

use crate::ConfigError;

pub(crate) static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The one place in which the trusted proxies tell the client's address.
///
/// Exactly one: a second one that a proxy does not overwrite is a second one that a client can
/// write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a new source is a new decision for every match")]
pub enum Forwarding {
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// A header with one address that the outermost proxy overwrites, such as `CF-Connecting-IP`,
    /// `X-Real-IP` or `True-Client-IP`.
    Header(HeaderName),
    /// The PROXY protocol, read by the acceptor into [`Peer::announcement`](crate::Peer).
    ProxyProtocol,
    /// `X-Forwarded-For`, a list to which every proxy appends.
    XForwardedFor,
}

impl Forwarding {
    /// Returns the header that is read, if it is one.
    #[must_use]
    pub fn header(&self) -> Option<&HeaderName> {
        match self {
            Self::Forwarded => Some(&FORWARDED),
            Self::Header(name) => Some(name),
            Self::ProxyProtocol => None,
            Self::XForwardedFor => Some(&X_FORWARDED_FOR),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Header(name) if *name == FORWARDED || *name == X_FORWARDED_FOR => {
                Err(ConfigError::ListHeader { name: name.as_str().to_owned() })
            }
            _ => Ok(()),
        }
    }

    pub(super) const fn is_list(&self) -> bool {
        matches!(self, Self::Forwarded | Self::XForwardedFor)
    }
}
