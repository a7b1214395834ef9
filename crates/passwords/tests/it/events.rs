//! Listening to what is reported.

use std::fmt::{Debug, Write};
use std::future::Future;
use std::sync::{Arc, Mutex};

use palisade_core::SecurityEvent;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

#[derive(Clone, Default)]
struct Ear {
    told: Arc<Mutex<Vec<String>>>,
}

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == SecurityEvent::TARGET {
            let mut told = String::new();
            event.record(&mut Fields(&mut told));
            self.told.lock().unwrap().push(told);
        }
    }
}

/// Runs the future on this thread and returns the security events of it, all fields in one text.
pub(crate) fn listen(work: impl Future<Output = ()>) -> Vec<String> {
    let ear = Ear::default();
    let subscriber = tracing_subscriber::registry().with(ear.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(subscriber, || runtime.block_on(work));
    ear.told.lock().unwrap().clone()
}
