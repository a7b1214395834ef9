//! Requests, services and answers as tests write them.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body_util::Full;
use palisade_core::ManualClock;
use palisade_edge::{EdgeLayer, Peer, TrustedProxies};
use palisade_ratelimit::layer::{RateLimit, ResponseBody};
use palisade_ratelimit::limits::{Limits, LimitsBuilder};
use palisade_ratelimit::{Head, RateLimitLayer};
use tower::{Layer, Service, ServiceExt};

pub(crate) type Answer = Response<ResponseBody<Full<Bytes>>>;

/// Answers every request with the status in its extensions, 200 without.
#[derive(Clone, Debug)]
pub(crate) struct Page;

impl<B> Service<Request<B>> for Page {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut response = Response::new(Full::new(Bytes::from_static(b"page")));
        if let Some(status) = request.extensions().get::<http::StatusCode>() {
            *response.status_mut() = *status;
        }
        ready(Ok(response))
    }
}

pub(crate) fn app(limits: &Limits) -> RateLimit<Page> {
    RateLimitLayer::new(limits.clone()).layer(Page)
}

/// Limits on a clock that the test moves.
pub(crate) fn limits(build: impl FnOnce(LimitsBuilder) -> LimitsBuilder) -> (Limits, ManualClock) {
    let clock = ManualClock::starting_at(std::time::Duration::from_hours(480_000));
    let builder = Limits::builder().memory(1 << 16).with_clock(clock.clone());
    (build(builder).finish().unwrap(), clock)
}

pub(crate) fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

pub(crate) fn post(path: &str) -> Request<()> {
    Request::post(path).body(()).unwrap()
}

/// The extensions that a request from this address has behind an `EdgeLayer`.
pub(crate) fn extensions(address: &str) -> Extensions {
    let mut request = Request::get("/").header("host", "example.com").body(()).unwrap();
    let peer = Peer::new(std::net::SocketAddr::new(address.parse().unwrap(), 40_000));
    request.extensions_mut().insert(peer);
    let (send, receive) = std::sync::mpsc::channel();
    let mut edge = EdgeLayer::new(TrustedProxies::none()).layer(tower::service_fn(
        move |request: Request<()>| {
            send.send(request.extensions().clone()).unwrap();
            ready(Ok::<_, Infallible>(Response::new(Bytes::new())))
        },
    ));
    drop(edge.call(request));
    receive.try_recv().unwrap()
}

pub(crate) fn from(address: &str, mut request: Request<()>) -> Request<()> {
    *request.extensions_mut() = extensions(address);
    request
}

/// How many of so many requests are admitted.
pub(crate) fn admitted(
    limits: &Limits,
    times: usize,
    request: impl Fn(usize) -> Request<()>,
) -> usize {
    (0..times).filter(|turn| limits.check(Head::from(&request(*turn))).is_ok()).count()
}

pub(crate) async fn answer(limits: &Limits, request: Request<()>) -> Answer {
    app(limits).oneshot(request).await.unwrap()
}

pub(crate) fn header<'a, B>(response: &'a Response<B>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}
