//! Listening to what is reported.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use palisade_core::SecurityEvent;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// The fields of one security event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) event: String,
    /// Every field and its value, to search for what must not be there.
    pub(crate) all: String,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}").trim_matches('"').to_owned();
        if field.name() == "event" {
            self.event.clone_from(&text);
        }
        let _ = write!(self.all, "{field}={text} ");
    }
}

#[derive(Clone, Default)]
struct Ear {
    told: Arc<Mutex<Vec<Told>>>,
}

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == SecurityEvent::TARGET {
            let mut told = Told::default();
            event.record(&mut told);
            self.told.lock().unwrap().push(told);
        }
    }
}

/// Returns the security events of the closure, on this thread.
pub(crate) fn listen(work: impl FnOnce()) -> Vec<Told> {
    let ear = Ear::default();
    let subscriber = tracing_subscriber::registry().with(ear.clone());
    tracing::subscriber::with_default(subscriber, work);
    ear.told.lock().unwrap().clone()
}
