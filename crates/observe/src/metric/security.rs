//! Security events, counted.

use std::fmt;
use std::sync::OnceLock;

use metrics::{Counter, Key, Label};
use palisade_core::SecurityEvent;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::METADATA;

/// Layer of `tracing` that counts security events as `palisade_observe_security_events_total`, by
/// `event`: the names of [`SecurityEvent`] and `_other`.
///
/// # Cost
///
/// A comparison of the target for other events; no allocation after the first of each name.
pub struct SecurityCounter {
    counters: Vec<OnceLock<Counter>>,
}

impl SecurityCounter {
    /// Counts by the recorder that is installed when an event first comes.
    #[must_use]
    pub fn new() -> Self {
        let counters = (0..=SecurityEvent::ALL.len()).map(|_| OnceLock::new()).collect();
        Self { counters }
    }
}

impl Default for SecurityCounter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SecurityCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityCounter").finish_non_exhaustive()
    }
}

/// Finds the name of an event.
#[derive(Default)]
struct Named {
    event: Option<SecurityEvent>,
}

impl Visit for Named {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            self.event = SecurityEvent::from_name(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl<S: Subscriber> Layer<S> for SecurityCounter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != SecurityEvent::TARGET {
            return;
        }
        let mut named = Named::default();
        event.record(&mut named);
        let all = SecurityEvent::ALL;
        let place = named.event.and_then(|event| all.iter().position(|known| *known == event));
        let name = named.event.map_or("_other", SecurityEvent::as_str);
        if let Some(counter) = self.counters.get(place.unwrap_or(all.len())) {
            let counter = counter.get_or_init(|| {
                let labels = vec![Label::from_static_parts("event", name)];
                let key = Key::from_parts("palisade_observe_security_events_total", labels);
                metrics::with_recorder(|recorder| recorder.register_counter(&key, &METADATA))
            });
            counter.increment(1);
        }
    }
}
