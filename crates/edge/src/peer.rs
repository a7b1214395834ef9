//! The connection under a request.

use std::net::SocketAddr;

use crate::proxy_protocol::Announcement;

/// What the server knows about the connection on which a request came.
///
/// A request extension that whoever accepts connections puts there: the listener of this crate, a
/// TLS acceptor, or any server in one line. With the feature `axum`, a
/// `ConnectInfo<SocketAddr>` is understood as well.
///
/// # Example
///
/// ```
/// use palisade_edge::Peer;
///
/// let address = std::net::SocketAddr::from(([192, 0, 2, 7], 50123));
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(Peer::new(address).over_tls());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    address: SocketAddr,
    tls: bool,
    announcement: Option<Announcement>,
}

impl Peer {
    /// States that the connection comes from `address`, without TLS.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, tls: false, announcement: None }
    }

    /// States that this process ended TLS on the connection.
    #[must_use]
    pub const fn over_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Adds what the PROXY protocol said at the start of the connection.
    #[must_use]
    pub const fn with_announcement(mut self, announcement: Announcement) -> Self {
        self.announcement = Some(announcement);
        self
    }

    /// Returns the address at the other end of the connection.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells whether this process ended TLS on the connection.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Returns what the PROXY protocol said, if it was spoken.
    #[must_use]
    pub const fn announcement(&self) -> Option<&Announcement> {
        self.announcement.as_ref()
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::new(address)
    }
}
