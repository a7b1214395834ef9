//! A handler behind a cache, and a clock that is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use palisade_cache::http::{HttpCache, HttpCacheBuilder, HttpCacheLayer};
use palisade_core::ManualClock;
use tower::util::BoxCloneService;
use tower::{Layer, ServiceExt, service_fn};

use super::fields;

pub(crate) type Asked = Request<Full<Bytes>>;
pub(crate) type Answered = Response<Full<Bytes>>;
pub(crate) type Service = BoxCloneService<Asked, Reply, &'static str>;

/// An answer whose content was read.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn has(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn cache_status(&self) -> &str {
        self.has("cache-status")
    }
}

/// A request: method, target, and fields.
pub(crate) fn request(method: Method, target: &str, lines: &[&str]) -> Asked {
    let mut request = Request::new(Full::default());
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().unwrap();
    *request.headers_mut() = fields(lines);
    if !lines.iter().any(|line| line.to_ascii_lowercase().starts_with("host:")) {
        request.headers_mut().insert("host", "school.example".parse().unwrap());
    }
    request
}

/// An answer 200.
pub(crate) fn response(lines: &[&str], content: impl Into<Bytes>) -> Answered {
    let mut response = Response::new(Full::new(content.into()));
    *response.headers_mut() = fields(lines);
    response
}

pub(crate) struct Scene {
    pub(crate) clock: ManualClock,
    pub(crate) cache: HttpCache,
    pub(crate) service: Service,
    calls: Arc<AtomicU64>,
}

impl Scene {
    /// A handler behind a cache.
    pub(crate) fn new<F, A>(builder: HttpCacheBuilder, handler: F) -> Self
    where
        F: Fn(Asked, u64) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Result<Answered, &'static str>> + Send + 'static,
    {
        let clock = ManualClock::starting_at(std::time::Duration::from_secs(784_111_777));
        let layer = builder.clock(clock.clone()).build();
        let cache = layer.cache();
        let calls = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&calls);
        let handler = service_fn(move |request: Asked| {
            handler(request, counted.fetch_add(1, Ordering::SeqCst) + 1)
        });
        let service = layer.layer(handler);
        let service = service_fn(move |request: Asked| {
            let service = service.clone();
            async move {
                let (parts, body) = service.oneshot(request).await?.into_parts();
                let text = body.collect().await.unwrap().to_bytes();
                let text = String::from_utf8(text.to_vec()).unwrap();
                Ok(Reply { status: parts.status, headers: parts.headers, text })
            }
        });
        Self { clock, cache, service: BoxCloneService::new(service), calls }
    }

    /// A shared cache before a handler that answers its call's number.
    pub(crate) fn shared(lines: &'static [&'static str]) -> Self {
        Self::new(HttpCacheLayer::shared(), async move |_, call| {
            Ok(response(lines, call.to_string()))
        })
    }

    pub(crate) async fn send(&self, request: Asked) -> Result<Reply, &'static str> {
        self.service.clone().oneshot(request).await
    }

    pub(crate) async fn ask(&self, method: Method, target: &str, lines: &[&str]) -> Reply {
        self.send(request(method, target, lines)).await.unwrap()
    }

    pub(crate) async fn get(&self, target: &str, lines: &[&str]) -> Reply {
        self.ask(Method::GET, target, lines).await
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds));
    }
}
