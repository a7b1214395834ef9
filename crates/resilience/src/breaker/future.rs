//! The answer of a service behind a breaker.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::layer::Guard;
use super::{BreakerError, Classify, Permit, Refused};

pin_project! {
    /// Response future of [`BreakerService`](super::BreakerService); dropped early, it gives its
    /// permit back.
    #[derive(Debug)]
    pub struct ResponseFuture<F, C> {
        #[pin]
        stage: Stage<F, C>,
    }
}

pin_project! {
    #[project = StageProjection]
    #[derive(Debug)]
    enum Stage<F, C> {
        Calling { #[pin] inner: F, permit: Option<Permit>, guard: Arc<Guard<C>> },
        Refused { refused: Refused },
    }
}

impl<F, C> ResponseFuture<F, C> {
    pub(super) const fn calling(inner: F, permit: Permit, guard: Arc<Guard<C>>) -> Self {
        Self { stage: Stage::Calling { inner, permit: Some(permit), guard } }
    }

    pub(super) const fn refused(refused: Refused) -> Self {
        Self { stage: Stage::Refused { refused } }
    }
}

impl<F, C, T, E> Future for ResponseFuture<F, C>
where
    F: Future<Output = Result<T, E>>,
    C: Classify<T, E>,
{
    type Output = Result<T, BreakerError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            StageProjection::Refused { refused } => Poll::Ready(Err((*refused).into())),
            StageProjection::Calling { inner, permit, guard } => {
                let result = ready!(inner.poll(cx));
                if let Some(permit) = permit.take() {
                    permit.settle(guard.classify.classify(&result));
                }
                Poll::Ready(result.map_err(BreakerError::Inner))
            }
        }
    }
}
