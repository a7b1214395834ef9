//! The future of every layer of this crate.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// Response future: the inner service's, or an answer made without it.
    #[derive(Debug)]
    pub struct ResponseFuture<F, B> {
        #[pin]
        kind: Kind<F, B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProjection]
    enum Kind<F, B> {
        Answered { response: Option<Response<B>> },
        Passed { #[pin] future: F },
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(crate) const fn answered(response: Response<B>) -> Self {
        Self { kind: Kind::Answered { response: Some(response) } }
    }

    pub(crate) const fn passed(future: F) -> Self {
        Self { kind: Kind::Passed { future } }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            // Polled again after the answer, a future may wait for ever.
            KindProjection::Answered { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            KindProjection::Passed { future } => future.poll(cx),
        }
    }
}
