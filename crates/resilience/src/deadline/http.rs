//! The deadline of an HTTP service, with a problem as the answer.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use palisade_core::{Clock, PreparedProblem, Problem};
use tower_layer::Layer;
use tower_service::Service;

use super::future::{HttpResponseFuture, ResponseFuture};
use super::shorten;
use crate::RuntimeClock;

/// Layer that gives every request at most so much time; one that takes longer is answered with a
/// problem.
///
/// The answer is 503 `deadline_exceeded` with `Retry-After: 1`, that of
/// [`gateway`](Self::gateway) 504 `upstream_timeout`, or [your own](Self::with_problem). A request
/// that carries a nearer [`Deadline`](super::Deadline) in its extensions keeps it, and what is
/// inside finds the deadline there. One that comes too late is answered without being passed on.
///
/// # Example
///
/// ```
/// use palisade_resilience::deadline::HttpDeadlineLayer;
/// use std::time::Duration;
///
/// let layer = HttpDeadlineLayer::new(Duration::from_secs(10));
/// ```
#[must_use = "a layer does nothing until it is applied to a service"]
#[derive(Clone, Debug)]
pub struct HttpDeadlineLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: Duration,
    answer: Arc<PreparedProblem>,
}

impl HttpDeadlineLayer {
    /// Gives each request this long; for a server whose own handlers are slow.
    pub fn new(limit: Duration) -> Self {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "deadline_exceeded")
            .detail("the answer took too long; try again")
            .retry_after(Duration::from_secs(1));
        Self::answering(limit, &problem)
    }

    /// Gives each request this long; for a server that waits for another (RFC 9110 15.6.5).
    pub fn gateway(limit: Duration) -> Self {
        let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout")
            .detail("a service this answer needs did not answer in time");
        Self::answering(limit, &problem)
    }

    /// Answers with this problem instead.
    pub fn with_problem(self, problem: &Problem) -> Self {
        Self::answering(self.shared.limit, problem)
    }

    fn answering(limit: Duration, problem: &Problem) -> Self {
        let answer = Arc::new(problem.prepare());
        Self { shared: Arc::new(Shared { limit, answer }) }
    }
}

impl<S> Layer<S> for HttpDeadlineLayer {
    type Service = HttpDeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HttpDeadlineService { inner, shared: Arc::clone(&self.shared) }
    }
}

/// Service whose requests have a deadline.
#[derive(Clone, Debug)]
pub struct HttpDeadlineService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for HttpDeadlineService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: From<Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = HttpResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let now = RuntimeClock::new().now();
        let deadline = shorten(&mut request, now, self.shared.limit);
        let timed = if deadline.has_passed(now) {
            ResponseFuture::too_late()
        } else {
            ResponseFuture::calling(self.inner.call(request), deadline)
        };
        HttpResponseFuture::new(timed, Arc::clone(&self.shared.answer))
    }
}
