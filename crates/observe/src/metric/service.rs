//! Service and response future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::layer::Shared;
use super::method;
use crate::request::Observed;

/// Middleware that measures requests; see [`MetricsLayer`](super::MetricsLayer).
#[derive(Clone)]
pub struct Metrics<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared>,
}

impl<S: fmt::Debug> fmt::Debug for Metrics<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// A request that runs; its end, also by a client that hangs up, is measured when it is dropped.
struct Running {
    shared: Arc<Shared>,
    begin: Instant,
    method: usize,
    observed: Option<Observed>,
    #[cfg(feature = "axum")]
    matched: Option<axum::extract::MatchedPath>,
    status: Option<u16>,
}

impl Running {
    fn route(&self) -> Option<&str> {
        #[cfg(feature = "axum")]
        if let Some(matched) = &self.matched {
            return Some(matched.as_str());
        }
        self.observed.as_ref().and_then(Observed::route)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let routes = &self.shared.routes;
        if let Some(active) = routes.active(self.method) {
            active.decrement(1.0);
        }
        let took = self.shared.clock.now().saturating_duration_since(self.begin);
        // nginx's code for a client that closed the connection before there was an answer.
        let status = self.status.unwrap_or(499);
        routes.record(self.route(), self.method, status, took.as_secs_f64());
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Metrics<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        if self.shared.exempt.contains(request.method(), request.uri()) {
            return ResponseFuture { inner: self.inner.call(request), running: None };
        }
        let method = method::place(request.method());
        if let Some(active) = self.shared.routes.active(method) {
            active.increment(1.0);
        }
        let running = Running {
            shared: Arc::clone(&self.shared),
            begin: self.shared.clock.now(),
            method,
            observed: request.extensions().get::<Observed>().cloned(),
            #[cfg(feature = "axum")]
            matched: request.extensions().get().cloned(),
            status: None,
        };
        ResponseFuture { inner: self.inner.call(request), running: Some(running) }
    }
}

pin_project! {
    /// Response future of [`Metrics`].
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        running: Option<Running>,
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
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answered = ready!(this.inner.poll(cx));
        if let Some(mut running) = this.running.take() {
            // An error of the inside becomes a 500 or a closed connection.
            running.status = Some(answered.as_ref().map_or(500, |answer| answer.status().as_u16()));
        }
        Poll::Ready(answered)
    }
}
