//! The application, whose errors are answers.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use palisade_core::Problem;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::Body;
use super::body::BoxError;

/// The innermost service: bodies of one type, and no error.
#[derive(Clone, Debug)]
pub(super) struct Inner<S> {
    service: S,
    /// It was not ready, with an error: it is not called.
    broken: bool,
}

impl<S> Inner<S> {
    pub(super) const fn new(service: S) -> Self {
        Self { service, broken: false }
    }
}

impl<S, B> Service<Request<Body>> for Inner<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if let Err(error) = ready!(self.service.poll_ready(cx)) {
            failed(&error.into());
            self.broken = true;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let called = (!self.broken).then(|| self.service.call(request));
        ResponseFuture { called }
    }
}

pin_project! {
    pub(super) struct ResponseFuture<F> {
        #[pin]
        called: Option<F>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(called) = self.project().called.as_pin_mut() else {
            return Poll::Ready(Ok(internal()));
        };
        Poll::Ready(Ok(match ready!(called.poll(cx)) {
            Ok(response) => response.map(Body::new),
            Err(error) => {
                failed(&error.into());
                internal()
            }
        }))
    }
}

fn failed(error: &BoxError) {
    tracing::error!(%error, "the application failed");
}

/// Says nothing of what went wrong.
pub(super) fn internal<B: From<Bytes>>() -> Response<B> {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
        .detail("the service made a mistake; it is in its log")
        .prepare()
        .into_answer()
}
