//! The service of the layer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use palisade_edge::refusal::{AsProblem, Rejection};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{Addition, Desk, Level, Unrecorded};
use crate::error::RecordError;
use crate::event::{Event, Outcome};
use crate::log::AuditLog;

/// Service of [`AuditLayer`](super::AuditLayer); a clone is one reference.
pub struct Audit<S, R = AsProblem> {
    inner: S,
    desk: Arc<Desk<R>>,
}

impl<S, R> Audit<S, R> {
    pub(super) const fn new(inner: S, desk: Arc<Desk<R>>) -> Self {
        Self { inner, desk }
    }
}

impl<S: Clone, R> Clone for Audit<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), desk: Arc::clone(&self.desk) }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Audit<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Audit<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    ReqBody: Send + 'static,
    ResBody: Send + 'static,
    R: Rejection<Unrecorded, ResBody> + Send + Sync + 'static,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let level = self.desk.policy.level(&parts);
        if level == Level::None {
            let future = self.inner.call(Request::from_parts(parts, body));
            return ResponseFuture { state: State::Passed { future } };
        }
        // The one that was ready answers this call; its clone waits for the next.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let desk = Arc::clone(&self.desk);
        let event = (desk.describe)(&parts, level);
        let future = Box::pin(async move {
            let refuse = |error, handled| desk.rejection.answer(&Unrecorded { error, handled });
            let mut guard = Guard { log: desk.log.clone(), event: Some(event) };
            if level == Level::Request
                && let Err(error) = guard.begin(desk.waits).await
            {
                return Ok(refuse(error, false));
            }
            let response = inner.call(Request::from_parts(parts, body)).await;
            let status = response.as_ref().ok().map(Response::status);
            let addition = response.as_ref().ok().and_then(|r| r.extensions().get::<Addition>());
            let addition = addition.cloned();
            if level == Level::Metadata && addition.as_ref().is_some_and(Addition::omits) {
                guard.event = None;
            }
            let end = |event: Event| match status {
                Some(status) => addition
                    .iter()
                    .fold(event, |event, addition| addition.to(event))
                    .outcome(outcome(status))
                    .detail("status", &status.as_u16()),
                None => event.outcome(Outcome::Error),
            };
            match guard.finish(desk.waits, end).await {
                Err(error) if desk.waits && status.is_some() => Ok(refuse(error, true)),
                _ => response,
            }
        });
        ResponseFuture { state: State::Recorded { future } }
    }
}

fn outcome(status: StatusCode) -> Outcome {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            Outcome::Denied
        }
        _ if status.is_client_error() => Outcome::Failure,
        _ if status.is_server_error() => Outcome::Error,
        _ => Outcome::Success,
    }
}

/// Records the end also of a request that is dropped in the middle.
struct Guard {
    log: AuditLog,
    event: Option<Event>,
}

impl Guard {
    async fn begin(&mut self, waits: bool) -> Result<(), RecordError> {
        let Some(event) = self.event.take() else { return Ok(()) };
        let begun = event.clone().outcome(Outcome::Pending);
        let begun = record(&self.log, begun, waits).await;
        if begun.is_ok() || !waits {
            self.event = Some(match begun {
                Ok(Some(seq)) => event.begun(seq),
                _ => event,
            });
        }
        begun.map(drop).or_else(|error| if waits { Err(error) } else { Ok(()) })
    }

    async fn finish(
        &mut self,
        waits: bool,
        end: impl FnOnce(Event) -> Event,
    ) -> Result<(), RecordError> {
        match self.event.take() {
            Some(event) => record(&self.log, end(event), waits).await.map(drop),
            None => Ok(()),
        }
    }
}

/// Records an event; returns its number if somebody waited for it.
async fn record(log: &AuditLog, event: Event, waits: bool) -> Result<Option<u64>, RecordError> {
    if waits {
        return log.record(event).await.map(|receipt| Some(receipt.seq));
    }
    if log.offer(&event) { Ok(None) } else { Err(RecordError::QueueFull) }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(event) = self.event.take() {
            // One that is not taken is counted.
            let _ = self.log.offer(&event.outcome(Outcome::Aborted));
        }
    }
}

type Recorded<B, E> = Pin<Box<dyn Future<Output = Result<Response<B>, E>> + Send>>;

pin_project! {
    /// Response future: the inner service's, or one that waits for the log too.
    pub struct ResponseFuture<F, B, E> {
        #[pin]
        state: State<F, B, E>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<F, B, E> {
        Passed { #[pin] future: F },
        Recorded { future: Recorded<B, E> },
    }
}

impl<F, B, E> Future for ResponseFuture<F, B, E>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projection::Passed { future } => future.poll(cx),
            Projection::Recorded { future } => future.as_mut().poll(cx),
        }
    }
}

impl<F, B, E> fmt::Debug for ResponseFuture<F, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
