//! The client's address.

mod error;
mod walk;

use std::fmt;
use std::net::IpAddr;

use http::HeaderMap;

use crate::{Peer, TrustedProxies};

pub use error::{ClientIpError, ClientIpErrorKind};
pub(crate) use walk::{Hop, find_client};

/// The address of who really sent a request.
///
/// Always canonical: IPv4 if it is IPv4 by its bits, without port and zone, never unspecified. So
/// it can be compared, counted and logged as it is.
///
/// A request extension, put there by [`EdgeLayer`](crate::EdgeLayer); with the feature `axum` also
/// an extractor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp {
    address: IpAddr,
    evidence: Evidence,
}

/// On whose word a [`ClientIp`] rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The connection itself.
    Connection,
    /// A trusted proxy.
    Proxy,
    /// Every hop is a trusted proxy: the address is the outermost one of these, so the request
    /// began among the proxies, or the first of them does not say for whom it speaks.
    ProxiesOnly,
}

impl ClientIp {
    pub(crate) const fn new(address: IpAddr, evidence: Evidence) -> Self {
        Self { address, evidence }
    }

    /// Returns the address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns on whose word the address rests.
    ///
    /// Whoever opens doors to inner addresses asks this too: [`Evidence::ProxiesOnly`] is a proxy's
    /// own address.
    #[must_use]
    pub const fn evidence(&self) -> Evidence {
        self.evidence
    }
}

impl From<ClientIp> for IpAddr {
    fn from(client: ClientIp) -> Self {
        client.address
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// Tells who sent a request.
///
/// From an untrusted peer the connection is the only evidence. From a trusted one the configured
/// source is read from the right: trusted hops are skipped, the first other one is the client. If
/// all are trusted, the leftmost one is; if there is no list at all, the peer itself.
///
/// # Example
///
/// ```
/// use palisade_edge::{Forwarding, Peer, TrustedProxies, client_ip};
///
/// let proxies = TrustedProxies::in_ranges(["10.0.0.0/8"], Forwarding::XForwardedFor)?;
/// let mut headers = http::HeaderMap::new();
/// headers.insert("x-forwarded-for", "1.1.1.1, 203.0.113.9:40000, 10.0.0.7".parse()?);
///
/// let behind = Peer::new("10.0.0.1:55000".parse()?);
/// assert_eq!(client_ip(&behind, &headers, &proxies)?.to_string(), "203.0.113.9");
/// let direct = Peer::new("198.51.100.4:55000".parse()?);
/// assert_eq!(client_ip(&direct, &headers, &proxies)?.to_string(), "198.51.100.4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ClientIpError`] if the way to the client leads over a hop that is no address, is missing
/// where it must be, or is there twice.
///
/// # Security
///
/// Against clients who write forwarding headers themselves. It holds if every trusted proxy
/// overwrites or extends the configured source, and nobody else has an address in the ranges.
///
/// # Cost
///
/// No allocation, no clock. One header look-up behind a trusted proxy, none without.
#[inline]
pub fn client_ip(
    peer: &Peer,
    headers: &HeaderMap,
    trust: &TrustedProxies,
) -> Result<ClientIp, ClientIpError> {
    walk::find_address(peer, headers, trust).map_err(ClientIpError::from)
}
