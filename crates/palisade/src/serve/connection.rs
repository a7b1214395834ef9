//! One connection, from its handshake to its end.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use palisade_edge::Peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
#[cfg(feature = "tokio-rustls")]
use tokio::time::timeout;
use tokio::time::{Instant, sleep_until};
use tower_service::Service;

use super::exchange::{BoxError, Exchanges, RequestBody, Shared};
use super::seat::Seat;
#[cfg(feature = "tokio-rustls")]
use super::tls::Tls;
use super::watched::Watched;
use super::{Limits, Phase};

/// What a connection is given when it is taken.
pub(super) struct Guest {
    pub(super) peer: Peer,
    pub(super) seat: Seat,
    pub(super) shared: Arc<Shared>,
    pub(super) limits: Arc<Limits>,
    pub(super) phase: watch::Receiver<Phase>,
}

impl Guest {
    /// Serves requests until the client, the limits or the server end it.
    pub(super) async fn serve<IO, A, B>(self, io: IO, app: A)
    where
        IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        A: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        A::Error: Into<BoxError>,
        A::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let Self { peer, seat, shared, limits, phase } = self;
        let exchanges = Exchanges {
            app: TowerToHyperService::new(app),
            seat: seat.clone(),
            peer,
            shared,
            phase: phase.clone(),
        };
        let io = TokioIo::new(Watched::new(io, seat.clone(), limits.writes));
        let protocol = protocol(&limits);
        let connection = protocol.serve_connection_with_upgrades(io, exchanges);
        watch_over(pin!(connection), &seat, &limits, phase).await;
    }

    /// Serves after a handshake, which may take as long as headers.
    #[cfg(feature = "tokio-rustls")]
    pub(super) async fn serve_tls<IO, A, B>(mut self, tls: Tls, io: IO, app: A)
    where
        IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        A: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        A::Error: Into<BoxError>,
        A::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let ending = |phase: &Phase| *phase == Phase::Ending;
        let shaken = tokio::select! {
            shaken = timeout(self.limits.headers, tls.acceptor().accept(io)) => shaken,
            () = self.seat.ended() => return,
            // Nobody has asked for anything yet.
            _ = self.phase.wait_for(ending) => return,
        };
        match shaken {
            Ok(Ok(io)) => {
                self.peer = self.peer.over_tls();
                self.serve(io, app).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "no handshake"),
            Err(_) => tracing::debug!("no handshake in time"),
        }
    }
}

fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let bytes = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX);
    // The seat waits for headers, those of HTTP/2 and the first byte of any connection too.
    builder.http1().header_read_timeout(None).max_buf_size(bytes).max_headers(limits.header_fields);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.pings)
        .keep_alive_timeout(limits.pings);
    builder
}

/// A connection that can be asked to take no further request.
trait Graceful: Future<Output = Result<(), BoxError>> {
    fn graceful_shutdown(self: Pin<&mut Self>);
}

impl<IO, A, B> Graceful
    for auto::UpgradeableConnection<'_, TokioIo<IO>, Exchanges<A>, TokioExecutor>
where
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    A: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    A::Error: Into<BoxError>,
    A::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn graceful_shutdown(self: Pin<&mut Self>) {
        Self::graceful_shutdown(self);
    }
}

/// Drives a connection until it ends by itself, has to go, is too old, or the server has ended.
async fn watch_over<C: Graceful>(
    mut connection: Pin<&mut C>,
    seat: &Seat,
    limits: &Limits,
    mut phase: watch::Receiver<Phase>,
) {
    let born = Instant::now();
    let after = |begin: Instant, limit: Duration| begin.checked_add(limit).unwrap_or(begin);
    let mut until = after(born, limits.age);
    let mut old = false;
    let mut timer = pin!(sleep_until(after(born, limits.headers)));
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection ended early");
                }
                return;
            }
            () = seat.ended() => return,
            changed = phase.changed() => {
                if changed.is_err() {
                    return;
                }
                if *phase.borrow_and_update() == Phase::Ending {
                    connection.as_mut().graceful_shutdown();
                    seat.end();
                }
            }
            () = timer.as_mut() => {
                let Some(next) = seat.look() else { return };
                let now = Instant::now();
                if now >= until {
                    if old {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                    (old, until) = (true, after(now, limits.drain));
                }
                timer.as_mut().reset(next.min(until));
            }
        }
    }
}
