//! Hot paths of `palisade-observe`.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use palisade_core::ManualClock;
use palisade_observe::log::{Format, Lines, LogLayer};
use palisade_observe::metric::MetricsLayer;
use palisade_observe::query::fingerprint;
use palisade_observe::redact::Redactor;
use palisade_observe::request::{Ids, RequestLogLayer, TraceContext};
use tower_layer::Layer;
use tower_service::Service;
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_observe_line", line),
    ("ic_observe_request", request),
    ("ic_observe_metrics", metrics),
    ("ic_observe_redact", redact),
    ("ic_observe_traceparent", traceparent),
    ("ic_observe_fingerprint", statement),
];

struct Nowhere;

impl Lines for Nowhere {
    fn line(&self, _: Level, line: &str) {
        black_box(line);
    }
}

/// A body that is at its end.
struct Empty;

impl http_body::Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

/// Answers at once.
#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<Empty>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Empty>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Empty)))
    }
}

fn ask() -> Request<()> {
    Request::get("/students/S-0001").body(()).expect("a request")
}

/// Runs with a subscriber that writes lines to nowhere.
fn logged(work: impl FnOnce()) {
    let layer = LogLayer::new(Arc::new(ManualClock::new())).to(Format::Json, Nowhere);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
}

fn line() {
    logged(|| {
        let span = tracing::info_span!("request", request_id = "019a9d7e", method = "GET");
        span.in_scope(|| {
            (0..8).for_each(|_| event());
            ic_observe_line();
        });
    });
}

fn event() {
    tracing::info!(
        status = black_box(200_u64),
        route = "/students/{code}",
        user = "u7",
        "answered"
    );
}

fn answered<S: Service<Request<()>, Error = Infallible>>(service: &mut S, request: Request<()>) {
    let answer = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(answer, Poll::Ready(Ok(_))), "it answers at once");
}

fn request() {
    let ids = Ids::with_key([7; 16]);
    let mut service = RequestLogLayer::new(Arc::new(ManualClock::new()), ids).layer(Inner);
    logged(|| {
        (0..8).for_each(|_| answered(&mut service, ask()));
        ic_observe_request(&mut service, ask());
    });
}

fn metrics() {
    let mut service = MetricsLayer::new(Arc::new(ManualClock::new())).layer(Inner);
    (0..8).for_each(|_| answered(&mut service, ask()));
    ic_observe_metrics(&mut service, ask());
}

const TEXT: &str = "student S-0001 was imported from table 2026-11-30 by u7 in 1250 us; the copy of \
    exam 12 (Physics, second part) was kept as 5120 bytes of application/pdf and shown on page 3 of 40";

fn redact() {
    let redactor = Redactor::new();
    black_box(redactor.text(black_box(TEXT)));
    black_box(ic_observe_redact(&redactor, black_box(TEXT)));
}

const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn traceparent() {
    black_box(TraceContext::parse(black_box(HEADER)));
    black_box(ic_observe_traceparent(black_box(HEADER))).expect("a trace");
}

const SQL: &str = "SELECT id, code, name FROM students WHERE code = $1 AND year IN (2007, 2008, 2009) \
    ORDER BY name LIMIT 20";

fn statement() {
    black_box(fingerprint(black_box(SQL)));
    black_box(ic_observe_fingerprint(black_box(SQL)));
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_observe_line() {
    event();
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_observe_request(
    service: &mut palisade_observe::request::RequestLog<Inner>,
    ask: Request<()>,
) {
    answered(service, ask);
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_observe_metrics(service: &mut palisade_observe::metric::Metrics<Inner>, ask: Request<()>) {
    answered(service, ask);
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_observe_redact<'t>(redactor: &Redactor, text: &'t str) -> std::borrow::Cow<'t, str> {
    redactor.text(text)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_observe_traceparent(header: &str) -> Option<TraceContext> {
    TraceContext::parse(header)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_observe_fingerprint(sql: &str) -> String {
    fingerprint(sql)
}
