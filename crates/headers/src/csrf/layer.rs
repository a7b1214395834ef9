//! Layer and service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::VARY;
use http::{HeaderValue, Request, Response, StatusCode};
use palisade_core::{PreparedProblem, Problem, SecurityEvent};
use tower_layer::Layer;
use tower_service::Service;

use super::{Denied, Policy, ResponseFuture, check};

type Rejection = dyn Fn(Denied) -> Response<Bytes> + Send + Sync;

/// Layer that refuses requests which another site may have caused.
///
/// Place it inside `EdgeLayer`. The service is not called for a refused request; the answer is 403
/// with a problem body, which [`with_rejection`](Self::with_rejection) replaces. Each refusal is a
/// `tracing` event with the target [`SecurityEvent::TARGET`], and with the feature `metrics` one
/// count of `palisade_headers_cross_site_requests_total` by `reason` and `outcome`.
///
/// # Security
///
/// Against pages of other origins that send forms, `fetch`, beacons and WebSocket handshakes with
/// the user's cookies. Not against scripts that run in pages of this origin, and not for handlers
/// that change something on `GET`.
///
/// # Cost
///
/// No allocation, no clock and no boxed future on the way through.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct CrossOriginLayer {
    shared: Arc<Shared>,
}

struct Shared {
    policy: Policy,
    rejection: Arc<Rejection>,
}

impl CrossOriginLayer {
    /// Refuses by this policy.
    pub fn new(policy: Policy) -> Self {
        let problem = Problem::new(StatusCode::FORBIDDEN, "cross_site_request")
            .detail("the request came from a page of another site")
            .prepare();
        let rejection = move |_| answer(&problem);
        Self { shared: Arc::new(Shared { policy, rejection: Arc::new(rejection) }) }
    }

    /// Answers refused requests in the application's own way.
    pub fn with_rejection(
        self,
        rejection: impl Fn(Denied) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        let policy = self.shared.policy.clone();
        Self { shared: Arc::new(Shared { policy, rejection: Arc::new(rejection) }) }
    }
}

fn answer(problem: &PreparedProblem) -> Response<Bytes> {
    let mut response = problem.response();
    response.headers_mut().insert(VARY, HeaderValue::from_static("Sec-Fetch-Site, Origin"));
    response
}

impl fmt::Debug for CrossOriginLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossOriginLayer")
            .field("policy", &self.shared.policy)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for CrossOriginLayer {
    type Service = CrossOrigin<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CrossOrigin { inner, shared: Arc::clone(&self.shared) }
    }
}

/// Middleware that refuses cross-site requests; see [`CrossOriginLayer`].
#[derive(Clone)]
pub struct CrossOrigin<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: fmt::Debug> fmt::Debug for CrossOrigin<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossOrigin").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Shared {
    /// Reports a refusal, and returns its answer unless this policy is only tried.
    #[cold]
    fn refuse(&self, denied: Denied) -> Option<Response<Bytes>> {
        tracing::warn!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::MaliciousCors.as_str(),
            reason = denied.reason().as_str(),
            enforced = !self.policy.log_only,
            "cross-site request"
        );
        #[cfg(feature = "metrics")]
        metrics::counter!(
            "palisade_headers_cross_site_requests_total",
            "reason" => denied.reason().as_str(),
            "outcome" => if self.policy.log_only { "passed" } else { "refused" }
        )
        .increment(1);
        (!self.policy.log_only).then(|| (self.rejection)(denied))
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for CrossOrigin<S>
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
        let (parts, body) = request.into_parts();
        let refusal = check(&parts, &self.shared.policy).err().and_then(|d| self.shared.refuse(d));
        match refusal {
            Some(response) => ResponseFuture::refused(response),
            None => ResponseFuture::passed(self.inner.call(Request::from_parts(parts, body))),
        }
    }
}
