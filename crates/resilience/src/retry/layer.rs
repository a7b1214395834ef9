//! The layer that repeats HTTP requests.

use std::sync::Arc;

use tower_layer::Layer;

use super::service::RetryService;
use super::{CloneBody, HttpJudge, Retry};

/// Layer that repeats HTTP requests of a client; the error becomes
/// [`DeadlineError`](crate::deadline::DeadlineError).
///
/// Repeated is only what [may be](super::is_repeatable) and whose body [can be](super::Replay).
/// A [`Deadline`](crate::deadline::Deadline) in the request's extensions bounds all tries together;
/// each try finds its own there.
///
/// # Example
///
/// ```
/// use palisade_resilience::retry::{Retry, RetryLayer, RetryPolicy};
///
/// let layer = RetryLayer::new(Retry::new(RetryPolicy::default()));
/// // For a body that cannot be cloned: repeat where it is empty, and nowhere else.
/// type Body = Option<std::fs::File>;
/// let layer = layer.with_replay(|body: &Body| -> Option<Body> { body.is_none().then_some(None) });
/// ```
#[must_use = "a layer does nothing until it is applied to a service"]
#[derive(Debug)]
pub struct RetryLayer<R = CloneBody, J = HttpJudge> {
    parts: Arc<Parts<R, J>>,
}

/// What the services share.
#[derive(Debug)]
pub(super) struct Parts<R, J> {
    pub(super) retry: Retry,
    pub(super) replay: R,
    pub(super) judge: J,
}

impl RetryLayer {
    /// Repeats so; bodies are cloned, results judged by [`HttpJudge`].
    pub fn new(retry: Retry) -> Self {
        Self::of(retry, CloneBody, HttpJudge::new())
    }
}

impl<R, J> RetryLayer<R, J> {
    /// Makes the bodies of repetitions so.
    pub fn with_replay<P>(self, replay: P) -> RetryLayer<P, J>
    where
        J: Clone,
    {
        RetryLayer::of(self.parts.retry.clone(), replay, self.parts.judge.clone())
    }

    /// Judges results so.
    pub fn with_judge<K>(self, judge: K) -> RetryLayer<R, K>
    where
        R: Clone,
    {
        RetryLayer::of(self.parts.retry.clone(), self.parts.replay.clone(), judge)
    }

    fn of(retry: Retry, replay: R, judge: J) -> Self {
        Self { parts: Arc::new(Parts { retry, replay, judge }) }
    }
}

impl<R, J> Clone for RetryLayer<R, J> {
    fn clone(&self) -> Self {
        Self { parts: Arc::clone(&self.parts) }
    }
}

impl<S, R, J> Layer<S> for RetryLayer<R, J> {
    type Service = RetryService<S, R, J>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryService { inner, parts: Arc::clone(&self.parts) }
    }
}
