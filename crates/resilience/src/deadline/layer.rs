//! The deadline of any service, with an error as the answer.

use std::task::{Context, Poll};
use std::time::Duration;

use palisade_core::Clock;
use tower_layer::Layer;
use tower_service::Service;

use super::future::ResponseFuture;
use super::{CarriesDeadline, DeadlineError, shorten};
use crate::RuntimeClock;

/// Layer that gives every call at most so much time; the error becomes [`DeadlineError`].
///
/// A request that [carries](CarriesDeadline) a nearer deadline keeps it; the inner service finds
/// the deadline in the request. A request that comes too late is not passed on.
///
/// # Example
///
/// ```
/// use palisade_resilience::deadline::DeadlineLayer;
/// use std::time::Duration;
///
/// let layer = DeadlineLayer::new(Duration::from_millis(50));
/// ```
#[must_use = "a layer does nothing until it is applied to a service"]
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer {
    limit: Duration,
}

impl DeadlineLayer {
    /// Gives each call this long.
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService { inner, limit: self.limit }
    }
}

/// Service whose calls have a deadline.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineService<S> {
    inner: S,
    limit: Duration,
}

impl<S, Request> Service<Request> for DeadlineService<S>
where
    S: Service<Request>,
    Request: CarriesDeadline,
{
    type Response = S::Response;
    type Error = DeadlineError<S::Error>;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(DeadlineError::Inner)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let now = RuntimeClock::new().now();
        let deadline = shorten(&mut request, now, self.limit);
        if deadline.has_passed(now) {
            ResponseFuture::too_late()
        } else {
            ResponseFuture::calling(self.inner.call(request), deadline)
        }
    }
}
