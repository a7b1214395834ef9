//! The layer that guards a service.

use std::sync::Arc;

use tower_layer::Layer;

use super::service::BreakerService;
use super::{Breaker, ErrorsFail};

/// Layer that guards a service with a [`Breaker`]; the error becomes
/// [`BreakerError`](super::BreakerError).
///
/// All services made from it, and all their clones, share the breaker.
///
/// # Example
///
/// ```
/// use palisade_resilience::breaker::{Breaker, BreakerLayer, BreakerPolicy, ServerErrorsFail};
///
/// let breaker = Breaker::new("mailer", BreakerPolicy::default());
/// let layer = BreakerLayer::new(breaker).with_classifier(ServerErrorsFail);
/// ```
#[must_use = "a layer does nothing until it is applied to a service"]
#[derive(Debug)]
pub struct BreakerLayer<C = ErrorsFail> {
    guard: Arc<Guard<C>>,
}

/// What the services share.
#[derive(Debug)]
pub(super) struct Guard<C> {
    pub(super) breaker: Breaker,
    pub(super) classify: C,
}

impl BreakerLayer {
    /// Guards with this breaker; every error is a failure.
    pub fn new(breaker: Breaker) -> Self {
        Self { guard: Arc::new(Guard { breaker, classify: ErrorsFail }) }
    }
}

impl<C> BreakerLayer<C> {
    /// Lets this classifier say what is a failure.
    pub fn with_classifier<D>(self, classify: D) -> BreakerLayer<D> {
        let breaker = self.guard.breaker.clone();
        BreakerLayer { guard: Arc::new(Guard { breaker, classify }) }
    }
}

impl<C> Clone for BreakerLayer<C> {
    fn clone(&self) -> Self {
        Self { guard: Arc::clone(&self.guard) }
    }
}

impl<S, C> Layer<S> for BreakerLayer<C> {
    type Service = BreakerService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        BreakerService::new(inner, Arc::clone(&self.guard))
    }
}
