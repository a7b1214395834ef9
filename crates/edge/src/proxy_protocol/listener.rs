//! Accepting connections that begin with a header.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use palisade_core::SecurityEvent;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};

use super::{ProxiedStream, handshake};
use crate::address::identify;
use crate::{Peer, TrustedProxies};

/// Listener for connections that begin with a PROXY header, usable with `axum::serve`.
///
/// Only trusted peers may speak; others are closed at once, since a server that waits for a header
/// serves nobody who does not send one. Headers are read beside each other, so a silent connection
/// holds up nobody; at most [`max_handshakes`](Self::max_handshakes) at a time, beyond which the
/// kernel's backlog holds new connections.
///
/// # Example
///
/// ```no_run
/// # #[cfg(feature = "axum")]
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::Router;
/// use palisade_edge::proxy_protocol::ProxyProtocolListener;
/// use palisade_edge::{EdgeLayer, Forwarding, Peer, TrustedProxies};
/// use tokio::net::TcpListener;
///
/// let proxies = TrustedProxies::in_ranges(["10.0.0.1"], Forwarding::ProxyProtocol)?;
/// let listener = TcpListener::bind("0.0.0.0:8080").await?;
/// let listener = ProxyProtocolListener::new(listener, proxies.clone());
/// let app = Router::new().layer(EdgeLayer::new(proxies));
/// axum::serve(listener, app.into_make_service_with_connect_info::<Peer>()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ProxyProtocolListener {
    listener: TcpListener,
    trust: TrustedProxies,
    timeout: Duration,
    max_handshakes: usize,
    handshakes: JoinSet<Option<Accepted>>,
    /// Set after a failure that does not go away at once, such as too many open files.
    rest: Option<Pin<Box<Sleep>>>,
}

type Accepted = (ProxiedStream<TcpStream>, Peer);

impl ProxyProtocolListener {
    /// Accepts connections of the trusted peers.
    #[must_use]
    pub fn new(listener: TcpListener, trust: TrustedProxies) -> Self {
        Self {
            listener,
            trust,
            timeout: Duration::from_secs(5),
            max_handshakes: 1024,
            handshakes: JoinSet::new(),
            rest: None,
        }
    }

    /// Waits this long for a header, 5 seconds unless called.
    ///
    /// At least 3, so that one lost packet does not lose a connection (specification 2).
    #[must_use]
    pub fn header_timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit.max(Duration::from_secs(3));
        self
    }

    /// Reads this many headers at a time, 1024 unless called.
    #[must_use]
    pub const fn max_handshakes(mut self, count: NonZeroUsize) -> Self {
        self.max_handshakes = count.get();
        self
    }

    /// Returns the address to which the listener is bound.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for the next connection whose header is read.
    ///
    /// Failures of single connections and of the system are reported and survived. Nothing is lost
    /// if the future is dropped.
    pub async fn accept(&mut self) -> (ProxiedStream<TcpStream>, Peer) {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Accepted> {
        loop {
            while let Poll::Ready(Some(done)) = self.handshakes.poll_join_next(cx) {
                if let Ok(Some(accepted)) = done {
                    return Poll::Ready(accepted);
                }
            }
            if let Some(rest) = &mut self.rest {
                ready!(rest.as_mut().poll(cx));
                self.rest = None;
            }
            if self.handshakes.len() >= self.max_handshakes {
                return Poll::Pending; // woken by the next handshake that ends
            }
            match ready!(self.listener.poll_accept(cx)) {
                Ok((stream, address)) => self.greet(stream, address),
                Err(error) => self.recover(&error),
            }
        }
    }

    fn greet(&mut self, stream: TcpStream, address: SocketAddr) {
        let trusted = identify(address.ip()).is_ok_and(|ip| self.trust.for_peer(ip).is_some());
        if !trusted {
            report(address, "untrusted_peer");
            return;
        }
        let limit = self.timeout;
        self.handshakes.spawn(async move {
            match handshake(stream, limit).await {
                Ok((stream, announcement)) => {
                    Some((stream, Peer::new(address).with_announcement(announcement)))
                }
                Err(error) => {
                    tracing::debug!(%error, peer = %address, "no PROXY header");
                    report(address, "no_proxy_header");
                    None
                }
            }
        });
    }

    fn recover(&mut self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return; // that connection's own failure
        }
        tracing::error!(%error, "cannot accept connections; trying again in a second");
        self.rest = Some(Box::pin(sleep(Duration::from_secs(1))));
    }
}

fn report(peer: SocketAddr, code: &'static str) {
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::InputValidationFail.as_str(),
        code,
        peer = %peer,
        "a connection without a trusted PROXY header was closed"
    );
}

#[cfg(feature = "axum")]
impl axum::serve::Listener for ProxyProtocolListener {
    type Io = ProxiedStream<TcpStream>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        Self::accept(self).await
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr().map(Peer::new)
    }
}

#[cfg(feature = "axum")]
impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, ProxyProtocolListener>>
    for Peer
{
    fn connect_info(stream: axum::serve::IncomingStream<'_, ProxyProtocolListener>) -> Self {
        *stream.remote_addr()
    }
}
