//! Answers to HTTP requests from a cache: 1 KiB of JSON under eight fields, a call is one request, its
//! making and the dropping of its answer included.
//!
//! What a cache costs is the difference to the floor, a service without one that has all at hand.

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use harness::{Contestant, Effort, Shape};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use palisade_cache::http::HttpCacheLayer;
use tokio::runtime::Builder;
use tower::util::MapResponseLayer;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http_cache::prelude::{CacheLayer, InMemoryBackend};

pub(crate) const SHAPES: &[Shape] =
    &[Shape { name: "HTTP, hit", contestants: hit, effort: Effort::NANOS }];

const FIELDS: [(&str, &str); 8] = [
    ("cache-control", "public, max-age=3600"),
    ("content-type", "application/json"),
    ("etag", "\"0123456789abcdef\""),
    ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ("vary", "accept-encoding"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("server-timing", "db;dur=1"),
];

fn request() -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = http::Uri::from_static("/api/announcements/welcome?lang=en");
    let fields = request.headers_mut();
    fields.insert("host", HeaderValue::from_static("school.example"));
    fields.insert("accept", HeaderValue::from_static("application/json"));
    fields.insert("accept-encoding", HeaderValue::from_static("gzip, br"));
    fields.insert("user-agent", HeaderValue::from_static("bench"));
    request
}

/// What has the answer at hand.
fn handler()
-> impl Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync {
    let fields = FIELDS
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let (fields, content) = (HeaderMap::from_iter(fields), Bytes::from(vec![b'x'; 1024]));
    service_fn(move |_| {
        let mut response = Response::new(Full::new(content.clone()));
        *response.headers_mut() = fields.clone();
        async { Ok(response) }
    })
}

/// Fills the cache, sees that a second answer comes from it, and calls from then on.
fn filled<S, B>(name: &'static str, mut service: S) -> Contestant
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error: std::fmt::Debug>
        + Clone
        + 'static,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    for _ in 0..2 {
        let answer = runtime.block_on(service.clone().oneshot(request())).expect("an answer");
        let content = runtime.block_on(answer.into_body().collect()).expect("its content");
        assert_eq!(content.to_bytes().len(), 1024);
    }
    Contestant::new(name, move || {
        let answer = pin!(service.call(black_box(request())));
        let answered = answer.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(black_box(answered), Poll::Ready(Ok(_))), "a hit answers at once");
    })
}

fn hit() -> Vec<Contestant> {
    let ours = HttpCacheLayer::shared().build();
    let held = ours.cache();
    let peer = CacheLayer::builder(InMemoryBackend::new(1000)).ttl(Duration::from_hours(1)).build();
    let contestants = vec![
        filled("palisade-cache", ours.layer(handler())),
        filled("tower-http-cache 0.6", peer.layer(handler())),
        filled("floor: no cache", MapResponseLayer::new(|answer| answer).layer(handler())),
    ];
    assert_eq!(held.stats().hits, 1, "the second answer came from the cache");
    contestants
}
