//! A reverse proxy with a shared cache of answers, for test-suites of HTTP caches.
//!
//! `cargo run -p palisade-cache --example proxy -- 127.0.0.1:8000` forwards to that address and prints where it
//! listens. It keeps no body over 1 MiB, serves stale answers for a minute where the origin fails, and does
//! nothing else that a proxy in production needs: that is nginx's.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use palisade_cache::http::HttpCacheLayer;
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, service_fn};

type Content = UnsyncBoxBody<Bytes, hyper::Error>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let origin: SocketAddr = std::env::args().nth(1).ok_or("usage: proxy ORIGIN")?.parse()?;
    let layer = HttpCacheLayer::shared().stale_if_error(Duration::from_mins(1)).build();
    let service = layer.layer(service_fn(move |request| async move {
        Ok::<_, Infallible>(forward(origin, request).await.unwrap_or_else(|_| bad_gateway()))
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    #[expect(clippy::print_stdout, reason = "who started it wants to know")]
    {
        println!("listening on http://{}", listener.local_addr()?);
    }
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn forward(
    origin: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response<Content>, Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(origin).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    strip(request.headers_mut());
    request.headers_mut().entry(HOST).or_insert(HeaderValue::from_str(&origin.to_string())?);
    let mut response = sender.send_request(request).await?;
    // What the cache is to see of them is what they say, and hyper writes its own.
    response.headers_mut().remove(TRANSFER_ENCODING);
    Ok(response.map(BodyExt::boxed_unsync))
}

/// Removes what concerns the client's connection alone.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    let own = [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, UPGRADE];
    for name in own.into_iter().chain(named) {
        headers.remove(name);
    }
}

fn bad_gateway() -> Response<Content> {
    let empty = Full::default().map_err(|never: Infallible| match never {});
    let mut response = Response::new(empty.boxed_unsync());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
