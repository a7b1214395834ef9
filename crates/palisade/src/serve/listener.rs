//! Where connections come from.

use std::future::Future;
use std::time::Duration;

use palisade_edge::Peer;
use palisade_edge::proxy_protocol::{ProxiedStream, ProxyProtocolListener};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// Hands out connections, each with what is known of its other end.
///
/// Implemented by [`TcpListener`] and by the listener of `palisade-edge` that reads the PROXY
/// protocol.
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Waits for the next connection. Whatever fails is waited for: a listener has no end.
    ///
    /// Dropping the future loses no connection.
    fn accept(&mut self) -> impl Future<Output = (Self::Io, Peer)> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> (TcpStream, Peer) {
        /// Out of descriptors: some connection has to end first.
        const REST: Duration = Duration::from_millis(50);
        loop {
            match Self::accept(self).await {
                Ok((stream, address)) => return (stream, Peer::new(address)),
                Err(error) => {
                    tracing::warn!(%error, "cannot take a connection");
                    sleep(REST).await;
                }
            }
        }
    }
}

impl Listener for ProxyProtocolListener {
    type Io = ProxiedStream<TcpStream>;

    async fn accept(&mut self) -> (Self::Io, Peer) {
        Self::accept(self).await
    }
}
