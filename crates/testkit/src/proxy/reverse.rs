//! What a reverse proxy is to tell the server behind it.

use std::net::{SocketAddr, TcpStream};

/// One way in which a proxy names the client to the server behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Announce {
    /// Appends the client's address to `X-Forwarded-For`: nginx to the last line, haproxy as a line
    /// of its own.
    XForwardedFor,
    /// Appends the client's address and port, as `192.0.2.1:4711`.
    XForwardedForWithPort,
    /// Replaces whatever the client sent in `X-Forwarded-For`.
    XForwardedForReplaced,
    /// Sets `X-Forwarded-Proto` and `X-Forwarded-Host`.
    XForwardedProtoAndHost,
    /// Appends an element with `for`, `host` and `proto` to `Forwarded` (RFC 7239).
    Forwarded,
    /// Sets a header of that name to the client's address, as `CF-Connecting-IP`.
    SingleHeader(String),
    /// Begins each connection with a PROXY protocol header, version 1 (text); haproxy only.
    ProxyV1,
    /// Begins each connection with a PROXY protocol header, version 2 (binary); haproxy only.
    ProxyV2,
}

/// A proxy to one server: started as [`Nginx`](super::Nginx) or [`Haproxy`](super::Haproxy).
///
/// The `Host` that the client sent is passed on.
#[derive(Clone, Debug)]
pub struct ReverseProxy {
    pub(super) upstream: SocketAddr,
    pub(super) announcements: Vec<Announce>,
    pub(super) tls: bool,
}

impl ReverseProxy {
    /// Passes everything to the server at that address and names nobody.
    #[must_use]
    pub const fn to(upstream: SocketAddr) -> Self {
        Self { upstream, announcements: Vec::new(), tls: false }
    }

    /// Adds a way in which the client is named.
    #[must_use]
    pub fn add_announcement(mut self, announcement: Announce) -> Self {
        self.announcements.push(announcement);
        self
    }

    /// Takes TLS instead of clear text; nginx only. The certificate is signed by
    /// [`AUTHORITY`](super::AUTHORITY), whom nobody trusts that was not told to.
    #[must_use]
    pub const fn over_tls(mut self) -> Self {
        self.tls = true;
        self
    }
}

/// Ready when the port takes connections; neither proxy asks its upstream for that.
pub(super) fn takes_connections(address: SocketAddr) -> Result<(), String> {
    TcpStream::connect(address).map(drop).map_err(|error| error.to_string())
}
