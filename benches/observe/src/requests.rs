//! Who writes a line for each request.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use harness::{Contestant, Effort, Shape};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use palisade_core::SystemClock;
use palisade_observe::request::{Ids, RequestLogLayer};
use tower::{Layer, Service, service_fn};
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::{Dispatch, Level, dispatcher};

use crate::lines::{ours, theirs};

pub(crate) const SHAPES: &[Shape] =
    &[Shape { name: "a request and its line", contestants: requests, effort: Effort::NANOS }];

pub(crate) type Body = Full<Bytes>;
type Answered = Ready<Result<Response<Body>, Infallible>>;

pub(crate) fn inner<B>()
-> impl Service<Request<B>, Response = Response<Body>, Error = Infallible, Future = Answered> + Clone
{
    service_fn(|_: Request<B>| ready(Ok(Response::new(Full::from("hello")))))
}

type Asked = Request<Empty<Bytes>>;

fn request() -> Asked {
    let mut request =
        Request::get("/students/S-0001?page=2").body(Empty::new()).expect("a request");
    for (name, value) in [("host", "shop.example.com"), ("accept", "*/*")] {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request
}

/// One request through a service, its body read to the end.
fn contestant<S, B>(name: &'static str, dispatch: Dispatch, mut service: S) -> Contestant
where
    S: Service<Asked, Response = Response<B>> + 'static,
    B: axum::body::HttpBody + 'static,
{
    let request = request();
    Contestant::new(name, move || {
        dispatcher::with_default(&dispatch, || {
            let work = async {
                let response = service.call(black_box(request.clone())).await;
                let response = response.unwrap_or_else(|_| unreachable!("it does not fail"));
                response.into_body().collect().await.is_ok()
            };
            let done = pin!(work).poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(done, Poll::Ready(true), "it answers at once");
        });
    })
}

fn requests() -> Vec<Contestant> {
    let layer = || {
        let ids = Ids::random().expect("randomness");
        RequestLogLayer::new(Arc::new(SystemClock::new()), ids)
    };
    let trace = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    // What somebody writes who wants the same line and has the values.
    let by_hand = service_fn(|request: Asked| {
        let span = tracing::info_span!(
            target: "palisade_observe::request", "request",
            request_id = "019a9d7e-3c51-7b0e-a2f4-5d0c1e9b7a66",
            trace_id = "0af7651916cd43dd8448eb211c80319c",
            method = request.method().as_str(),
            path = request.uri().path(),
        );
        tracing::info!(
            target: "palisade_observe::request", parent: &span,
            status = 200_u64, outcome = "answered", duration_us = black_box(12_u64), bytes_out = 5_u64,
            "request"
        );
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello"))))
    });
    vec![
        contestant("palisade-observe RequestLogLayer", ours(None), layer().layer(inner())),
        contestant("floor: span and line by hand, no id, no clock", ours(None), by_hand),
        contestant("tower-http 0.7 TraceLayer, fmt().json()", theirs(), trace.layer(inner())),
        contestant("no line", Dispatch::none(), inner()),
    ]
}
