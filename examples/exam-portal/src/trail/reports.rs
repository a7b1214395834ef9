//! What the libraries report as security events, into the trail.

use std::sync::OnceLock;

use palisade_audit::{AuditLog, event_of};
use palisade_core::SecurityEvent;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The log, once it is open; the subscriber is there before it.
static LOG: OnceLock<AuditLog> = OnceLock::new();

/// Records security events from the moment on when the trail is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reports;

impl Reports {
    /// Records into that log.
    pub(crate) fn into(log: &AuditLog) {
        // A process has one; a second call cannot happen and would change nothing.
        let _ = LOG.set(log.clone());
    }
}

impl<S: Subscriber> Layer<S> for Reports {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == SecurityEvent::TARGET
            && let Some(log) = LOG.get()
        {
            // One that is not taken is counted.
            let _ = log.offer(&event_of(event));
        }
    }
}
