//! A service behind a breaker.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::Guard;
use super::{BreakerError, Classify};

/// Service that asks its [`Breaker`](super::Breaker) before each call.
///
/// While the breaker refuses, the service is ready without asking the inner one: a pool that hangs
/// because its dependency is gone must not hold the callers that the breaker would send away.
/// Such a call is refused even if the breaker changes its mind before it comes.
#[derive(Debug)]
pub struct BreakerService<S, C> {
    inner: S,
    guard: Arc<Guard<C>>,
    /// The inner service said that it is ready and has not been called since.
    ready: bool,
}

impl<S, C> BreakerService<S, C> {
    pub(super) const fn new(inner: S, guard: Arc<Guard<C>>) -> Self {
        Self { inner, guard, ready: false }
    }
}

/// A clone shares the breaker, never the readiness of the inner service.
impl<S: Clone, C> Clone for BreakerService<S, C> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.guard))
    }
}

impl<S, C, Request> Service<Request> for BreakerService<S, C>
where
    S: Service<Request>,
    C: Classify<S::Response, S::Error>,
{
    type Response = S::Response;
    type Error = BreakerError<S::Error>;
    type Future = ResponseFuture<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if !self.ready && self.guard.breaker.would_refuse().is_none() {
            ready!(self.inner.poll_ready(cx)).map_err(BreakerError::Inner)?;
            self.ready = true;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.guard.breaker.acquire() {
            Ok(permit) if self.ready => {
                self.ready = false;
                let inner = self.inner.call(request);
                ResponseFuture::calling(inner, permit, Arc::clone(&self.guard))
            }
            // Not asked for readiness: the permit goes back unused.
            Ok(permit) => ResponseFuture::refused(permit.refuse()),
            Err(refused) => ResponseFuture::refused(refused),
        }
    }
}
