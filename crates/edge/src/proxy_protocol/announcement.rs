//! What a header says.

use std::net::SocketAddr;

/// For whom a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete by section 2 of the specification")]
pub enum Announcement {
    /// The proxy speaks for itself (`LOCAL`) or cannot tell (`UNKNOWN`, `AF_UNSPEC`): the
    /// connection's own endpoints count.
    Local,
    /// The proxy speaks for a client.
    Proxied(Endpoints),
}

/// Both ends of the connection that the client made to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    source: SocketAddr,
    destination: SocketAddr,
    tls: bool,
}

impl Endpoints {
    /// States that the client at `source` connected to `destination`, without TLS.
    #[must_use]
    pub const fn new(source: SocketAddr, destination: SocketAddr) -> Self {
        Self { source, destination, tls: false }
    }

    /// States that the client connected to the proxy with TLS.
    #[must_use]
    pub const fn over_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Returns the client's address.
    #[must_use]
    pub const fn source(&self) -> SocketAddr {
        self.source
    }

    /// Returns the address to which the client connected.
    #[must_use]
    pub const fn destination(&self) -> SocketAddr {
        self.destination
    }

    /// Tells whether the proxy ended TLS (`PP2_CLIENT_SSL` of `PP2_TYPE_SSL`, version 2 only).
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }
}
