//! The answers of services with a deadline.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use palisade_core::PreparedProblem;
use pin_project_lite::pin_project;
use tokio::time::Timeout;

use super::{Deadline, DeadlineError, DeadlineExceeded};

pin_project! {
    /// Response future of [`DeadlineService`](super::DeadlineService).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        // None: the deadline had passed before the call.
        #[pin]
        timed: Option<Timeout<F>>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn too_late() -> Self {
        Self { timed: None }
    }
}

impl<F: Future> ResponseFuture<F> {
    pub(super) fn calling(inner: F, deadline: Deadline) -> Self {
        Self { timed: Some(tokio::time::timeout_at(deadline.moment().into(), inner)) }
    }
}

impl<F, T, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, DeadlineError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let in_time = match self.project().timed.as_pin_mut() {
            Some(timed) => ready!(timed.poll(cx)).ok(),
            None => None,
        };
        Poll::Ready(match in_time {
            Some(result) => result.map_err(DeadlineError::Inner),
            None => Err(DeadlineExceeded::counted().into()),
        })
    }
}

pin_project! {
    /// Response future of [`HttpDeadlineService`](super::HttpDeadlineService).
    #[derive(Debug)]
    pub struct HttpResponseFuture<F> {
        #[pin]
        inner: ResponseFuture<F>,
        answer: Arc<PreparedProblem>,
    }
}

impl<F> HttpResponseFuture<F> {
    pub(super) const fn new(inner: ResponseFuture<F>, answer: Arc<PreparedProblem>) -> Self {
        Self { inner, answer }
    }
}

impl<F, B, E> Future for HttpResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: From<Bytes>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(match ready!(this.inner.poll(cx)) {
            Ok(response) => Ok(response),
            Err(DeadlineError::Inner(error)) => Err(error),
            Err(DeadlineError::Exceeded(_)) => Ok(this.answer.response()),
        })
    }
}
