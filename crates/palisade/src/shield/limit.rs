//! The largest body of a request.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::CONTENT_LENGTH;
use http::{Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::Limited;
use palisade_core::{PreparedProblem, Problem};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Body;

/// Refuses bodies that say they are larger, and breaks off those that are.
#[derive(Clone, Debug)]
pub(super) struct BodyLimitLayer {
    most: usize,
    refusal: Arc<PreparedProblem>,
}

impl BodyLimitLayer {
    pub(super) fn new(most: usize) -> Self {
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
            .detail("the body is larger than is taken here");
        Self { most, refusal: Arc::new(problem.prepare()) }
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyLimit { inner, limit: self.clone() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct BodyLimit<S> {
    inner: S,
    limit: BodyLimitLayer,
}

impl<S> Service<Request<Body>> for BodyLimit<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let most = self.limit.most;
        let said = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let too_large = said.is_some_and(|said| said.parse::<usize>().map_or(true, |n| n > most));
        if too_large {
            return ResponseFuture::Refused { answer: Some(self.limit.refusal.response()) };
        }
        let request = request.map(|body| {
            if body.is_end_stream() { body } else { Body::new(Limited::new(body, most)) }
        });
        ResponseFuture::Passed { answer: self.inner.call(request) }
    }
}

pin_project! {
    #[project = Projected]
    pub(super) enum ResponseFuture<F> {
        Passed { #[pin] answer: F },
        Refused { answer: Option<Response<Body>> },
    }
}

impl<F> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            Projected::Passed { answer } => answer.poll(cx),
            Projected::Refused { answer } => match answer.take() {
                Some(answer) => Poll::Ready(Ok(answer)),
                // It was polled after its end.
                None => Poll::Pending,
            },
        }
    }
}
