//! The least that a breaker can do: look at one atomic word, count in it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tower::Service;

/// A closed breaker that never opens.
pub(crate) struct Floor<S> {
    inner: S,
    state: Arc<AtomicU64>,
}

impl<S> Floor<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, state: Arc::default() }
    }
}

impl<S> Service<u64> for Floor<S>
where
    S: Service<u64, Response = u64, Error = ()>,
    S::Future: Unpin,
{
    type Response = u64;
    type Error = ();
    type Future = Counted<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, number: u64) -> Self::Future {
        assert!(self.state.load(Ordering::Acquire) >> 62 == 0, "closed");
        Counted { inner: self.inner.call(number), state: Arc::clone(&self.state) }
    }
}

/// Counts the answer.
pub(crate) struct Counted<F> {
    inner: F,
    state: Arc<AtomicU64>,
}

impl<F: Future<Output = Result<u64, ()>> + Unpin> Future for Counted<F> {
    type Output = Result<u64, ()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = Pin::new(&mut self.inner).poll(cx);
        if result.is_ready() {
            let count = |state: u64| Some(state.wrapping_add(1) & 0xff_ffff);
            let _ = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, count);
        }
        result
    }
}
