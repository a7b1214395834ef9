//! Waiting for a crowd.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::store::{StoreError, StoreFuture};

/// Waits for all, interleaved.
pub(super) struct Together<'a, T> {
    waiting: Vec<StoreFuture<'a, T>>,
    done: Vec<Result<T, StoreError>>,
}

impl<'a, T> Together<'a, T> {
    pub(super) fn new(crowd: impl IntoIterator<Item = StoreFuture<'a, T>>) -> Self {
        Self { waiting: crowd.into_iter().collect(), done: Vec::new() }
    }
}

impl<T> Unpin for Together<'_, T> {}

impl<T> Future for Together<'_, T> {
    type Output = Vec<Result<T, StoreError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { waiting, done } = &mut *self;
        waiting.retain_mut(|future| match future.as_mut().poll(cx) {
            Poll::Ready(result) => {
                done.push(result);
                false
            }
            Poll::Pending => true,
        });
        if waiting.is_empty() { Poll::Ready(std::mem::take(done)) } else { Poll::Pending }
    }
}
