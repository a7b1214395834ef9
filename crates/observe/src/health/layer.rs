//! The three paths.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use palisade_core::{PreparedProblem, Problem};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{Health, Readiness, State};
use crate::escape::{Escape, push};

/// Paths that are answered: what `ExemptPaths::health()` of `palisade-edge` exempts.
const PATHS: [&str; 3] = ["/health", "/health/live", "/health/ready"];

type Operator = dyn Fn(&Parts) -> bool + Send + Sync;

/// Layer that answers `/health`, `/health/live` and `/health/ready`; see the [module](super).
///
/// Place it around everything that refuses requests. Ready is 200 and everything else 503; the body
/// is `{"status":"ready"}`, never stored by caches.
///
/// # Cost
///
/// For other paths one comparison. A probe boxes its future.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct HealthLayer {
    shared: Arc<Shared>,
}

struct Shared {
    health: Health,
    operator: Option<Box<Operator>>,
    not_allowed: PreparedProblem,
}

impl HealthLayer {
    /// Answers for this health; nobody is told details.
    pub fn new(health: Health) -> Self {
        Self::made(health, None)
    }

    /// Tells the verdict of every check to whom this is true of, as
    /// `{"status":"unavailable","checks":{"database":"down"}}`.
    pub fn with_operator(
        health: Health,
        operator: impl Fn(&Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::made(health, Some(Box::new(operator)))
    }

    fn made(health: Health, operator: Option<Box<Operator>>) -> Self {
        let not_allowed = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
            .detail("probes are GET or HEAD")
            .prepare();
        Self { shared: Arc::new(Shared { health, operator, not_allowed }) }
    }
}

impl fmt::Debug for HealthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthLayer").field("health", &self.shared.health).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for HealthLayer {
    type Service = HealthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HealthService { inner, shared: Arc::clone(&self.shared) }
    }
}

/// Middleware that answers probes; see [`HealthLayer`].
#[derive(Clone)]
pub struct HealthService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: fmt::Debug> fmt::Debug for HealthService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Shared {
    fn refuse(&self) -> Response<Bytes> {
        let mut response = self.not_allowed.response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        response
    }

    fn details(&self, parts: &Parts) -> bool {
        self.operator.as_ref().is_some_and(|operator| operator(parts))
    }
}

fn answer(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn ready(readiness: &Readiness, details: bool) -> Response<Bytes> {
    let status = match readiness.state {
        State::Ready => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let word = readiness.state.as_str();
    let body = if details {
        let checks = readiness.checks.iter().map(|(name, verdict)| {
            let mut check = String::from("\"");
            push(&mut check, name, Escape::Json);
            check + "\":\"" + verdict.as_str() + "\""
        });
        let checks = checks.collect::<Vec<_>>().join(",");
        format!("{{\"status\":\"{word}\",\"checks\":{{{checks}}}}}")
    } else {
        format!("{{\"status\":\"{word}\"}}")
    };
    answer(status, body)
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for HealthService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: From<Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let path = request.uri().path();
        if !path.starts_with("/health") || !PATHS.contains(&path) {
            return ResponseFuture { state: Answer::Passed { inner: self.inner.call(request) } };
        }
        let live = path == "/health/live";
        let (parts, _) = request.into_parts();
        let shared = Arc::clone(&self.shared);
        let probe: Probe = if parts.method != Method::GET && parts.method != Method::HEAD {
            Box::pin(async move { shared.refuse() })
        } else if live {
            Box::pin(async { answer(StatusCode::OK, "{\"status\":\"live\"}".to_owned()) })
        } else {
            let details = shared.details(&parts);
            Box::pin(async move { ready(&shared.health.readiness().await, details) })
        };
        ResponseFuture { state: Answer::Probed { probe } }
    }
}

type Probe = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

pin_project! {
    /// Response future of [`HealthService`].
    pub struct ResponseFuture<F> {
        #[pin]
        state: Answer<F>,
    }
}

pin_project! {
    #[project = AnswerProjection]
    enum Answer<F> {
        Passed { #[pin] inner: F },
        Probed { probe: Probe },
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, ResBody, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    ResBody: From<Bytes>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            AnswerProjection::Passed { inner } => inner.poll(cx),
            AnswerProjection::Probed { probe } => {
                probe.as_mut().poll(cx).map(|response| Ok(response.map(ResBody::from)))
            }
        }
    }
}
