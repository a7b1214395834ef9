//! Waiting for a crowd.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{StoreError, StoreFuture};

/// Waits for all, interleaved, and returns what came of each in its place.
pub(crate) struct Together<'a, T> {
    places: Vec<Place<'a, T>>,
}

enum Place<'a, T> {
    Done(Option<Result<T, StoreError>>),
    Waiting(StoreFuture<'a, T>),
}

impl<'a, T> Together<'a, T> {
    pub(crate) fn new(crowd: impl IntoIterator<Item = StoreFuture<'a, T>>) -> Self {
        Self { places: crowd.into_iter().map(Place::Waiting).collect() }
    }
}

impl<T> Unpin for Together<'_, T> {}

impl<T> Future for Together<'_, T> {
    type Output = Vec<Result<T, StoreError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all_done = true;
        for place in &mut self.places {
            if let Place::Waiting(future) = place {
                match future.as_mut().poll(cx) {
                    Poll::Ready(result) => *place = Place::Done(Some(result)),
                    Poll::Pending => all_done = false,
                }
            }
        }
        if !all_done {
            return Poll::Pending;
        }
        let results = self.places.iter_mut().filter_map(|place| match place {
            Place::Done(result) => result.take(),
            Place::Waiting(_) => None,
        });
        Poll::Ready(results.collect())
    }
}
