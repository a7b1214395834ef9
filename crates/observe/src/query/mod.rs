//! Statements that requests send to a database.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::Span;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

use crate::request::Observed;

/// The statements of one request.
#[derive(Debug, Default)]
pub struct Queries {
    count: AtomicU64,
}

impl Queries {
    /// Returns how many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// Lets events inside of a span find what is observed of its request.
pub(crate) fn attach(span: &Span, observed: &Observed) {
    span.with_subscriber(|(id, dispatch)| {
        if let Some(registry) = dispatch.downcast_ref::<Registry>()
            && let Some(span) = registry.span(id)
        {
            span.extensions_mut().insert(observed.clone());
        }
    });
}
