//! Who measures requests, into one recorder.

use std::future::{Future, ready};
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::extract::MatchedPath;
use axum::routing::get;
use axum_prometheus::PrometheusMetricLayer;
use harness::{Contestant, Effort, Shape};
use http::{Method, Request, Response};
use palisade_core::{Clock, SystemClock};
use palisade_observe::metric::MetricsLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::requests::inner;

pub(crate) const SHAPES: &[Shape] =
    &[Shape { name: "a request measured", contestants: measured, effort: Effort::NANOS }];

/// A request as the router gives it to layers of a route.
fn request() -> Request<()> {
    static MATCHED: OnceLock<MatchedPath> = OnceLock::new();
    let matched = MATCHED.get_or_init(|| {
        let seen = Arc::new(Mutex::new(None));
        let of_handler = Arc::clone(&seen);
        let handler = move |path: MatchedPath| {
            *of_handler.lock().expect("one thread") = Some(path);
            ready(())
        };
        let app = Router::new().route("/students/{code}", get(handler));
        let request = Request::get("/students/S-0001").body(axum::body::Body::empty());
        let work = app.oneshot(request.expect("a request"));
        let done = pin!(work).poll(&mut Context::from_waker(Waker::noop()));
        assert!(done.is_ready(), "it answers at once");
        seen.lock().expect("one thread").take().expect("a route that matches")
    });
    let mut request = Request::get("/students/S-0001").body(()).expect("a request");
    request.extensions_mut().insert(matched.clone());
    request
}

fn contestant<S, B>(name: &'static str, mut service: S) -> Contestant
where
    S: Service<Request<()>, Response = Response<B>> + 'static,
    B: 'static,
{
    let request = request();
    Contestant::new(name, move || {
        let mut future = pin!(service.call(black_box(request.clone())));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(answer)) => drop(black_box(answer)),
            _ => unreachable!("it answers at once"),
        }
    })
}

fn measured() -> Vec<Contestant> {
    // Their exporter starts a task, which is not run: samples are kept in either case.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let (theirs, _handle) = {
        let _in = runtime.enter();
        PrometheusMetricLayer::pair()
    };
    let ours = MetricsLayer::new(Arc::new(SystemClock::new()));
    let histogram = metrics::with_recorder(|recorder| {
        let key = metrics::Key::from_name("floor_seconds");
        let of = metrics::Metadata::new("floor", metrics::Level::INFO, None);
        recorder.register_histogram(&key, &of)
    });
    let (mut bare, clock) = (inner(), SystemClock::new());
    let floor = service_fn(move |request: Request<()>| {
        let begin = clock.now();
        let is_get = *request.method() == Method::GET;
        let answer = bare.call(request);
        if is_get {
            histogram.record(clock.now().duration_since(begin).as_secs_f64());
        }
        answer
    });
    vec![
        contestant("palisade-observe MetricsLayer", ours.layer(inner())),
        contestant("axum-prometheus 0.10", theirs.layer(inner())),
        contestant("floor: two clock reads and one handle", floor),
        contestant("no metrics", inner()),
    ]
}
