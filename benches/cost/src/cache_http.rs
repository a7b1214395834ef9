//! A hot path of `palisade-cache`: an answer to a request from what is kept.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use palisade_cache::http::{HttpCacheBody, HttpCacheLayer, HttpCacheService};
use tower_layer::Layer;
use tower_service::Service;

use crate::Case;

pub(crate) const CASES: &[Case] = &[("ic_cache_http_hit", hit)];

type Content = Full<Bytes>;

/// Answers 1 KiB under four fields.
#[derive(Clone)]
struct Page;

impl Service<Request<Content>> for Page {
    type Response = Response<Content>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Content>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Content>) -> Self::Future {
        let mut response = Response::new(Full::from(&[b'x'; 1024][..]));
        for (name, value) in [
            ("cache-control", "max-age=3600"),
            ("content-type", "text/plain"),
            ("etag", "\"0123456789abcdef\""),
            ("vary", "accept-encoding"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        ready(Ok(response))
    }
}

fn asked() -> Request<Content> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = http::Uri::from_static("/announcements/welcome?lang=en");
    for (name, value) in
        [("host", "school.example"), ("accept", "text/html"), ("accept-encoding", "gzip, br")]
    {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request
}

fn hit() {
    let layer = HttpCacheLayer::shared().build();
    let mut service = layer.layer(Page);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    for _ in 0..2 {
        assert!(runtime.block_on(async { service.call(asked()).await }).is_ok());
    }
    assert_eq!(layer.cache().stats().hits, 1);
    assert!(black_box(ic_cache_http_hit(&mut service, asked())).is_some());
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_http_hit(
    service: &mut HttpCacheService<Page>,
    request: Request<Content>,
) -> Option<Response<HttpCacheBody<Content>>> {
    match pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.ok(),
        Poll::Pending => None,
    }
}
