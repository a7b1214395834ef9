//! One connection: HTTP/1.1, with bounds on how long its headers and its answers may take.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::patience::Impatient;

/// From the first byte of a request, or the end of the one before, to the end of its headers.
const HEADERS: Duration = Duration::from_secs(15);
/// From one byte of an answer that the client takes to the next.
const WRITES: Duration = Duration::from_secs(30);
/// Request line and headers together; looked at between two reads, so nearly twice may come.
const HEADER_BYTES: usize = 32 * 1024;

/// Serves a connection; every request carries the peer's address as [`ConnectInfo`].
pub(super) fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(Impatient::new(stream, WRITES)), service)
}
