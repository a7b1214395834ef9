//! The layer of `tracing`.

use std::fmt;
use std::sync::Arc;

use palisade_core::Clock;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::format::Line;
use super::visit::Visitor;
use super::{Bound, Format, Lines, scratch};
use crate::redact::Redactor;

/// Layer of `tracing` that writes a line for each event; see the [module](super).
///
/// Give it a [`Filter`](crate::Filter): without one it writes everything. One of it is enough for a
/// subscriber, since it writes to as many places as are [added](Self::to).
///
/// # Example
///
/// ```
/// use palisade_core::SystemClock;
/// use palisade_observe::log::{Captured, Format, LogLayer};
/// use std::sync::Arc;
/// use tracing_subscriber::prelude::*;
///
/// let lines = Captured::new();
/// let layer = LogLayer::new(Arc::new(SystemClock::new())).to(Format::Json, lines.clone());
/// let subscriber = tracing_subscriber::registry().with(layer);
/// tracing::subscriber::with_default(subscriber, || tracing::info!(level = "forged", "hello\n"));
/// assert!(lines.text().contains(r#""level":"INFO""#));
/// assert!(lines.text().ends_with("\"message\":\"hello\\n\",\"fields\":{\"level\":\"forged\"}}\n"));
/// ```
///
/// # Cost
///
/// One clock read for an event. No allocation once a thread has written its first lines; one or two
/// for each span that binds fields.
pub struct LogLayer {
    clock: Arc<dyn Clock>,
    places: Vec<(Format, Box<dyn Lines>)>,
    redactor: Option<Redactor>,
}

impl LogLayer {
    /// Makes a layer that writes nowhere yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, places: Vec::new(), redactor: None }
    }

    /// Hides what this redactor finds: in values and messages, of events and of spans.
    #[must_use]
    pub fn redact(mut self, redactor: Redactor) -> Self {
        self.redactor = Some(redactor);
        self
    }

    /// Writes also to this place, in this form.
    #[must_use]
    pub fn to(mut self, format: Format, lines: impl Lines) -> Self {
        self.places.push((format, Box::new(lines)));
        self
    }
}

impl fmt::Debug for LogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let formats: Vec<Format> = self.places.iter().map(|(format, _)| *format).collect();
        f.debug_struct("LogLayer").field("places", &formats).finish_non_exhaustive()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if attributes.fields().is_empty() {
            return;
        }
        let mut bound = Bound::with_capacity(attributes.fields().len());
        attributes.record(&mut Visitor {
            bound: &mut bound,
            message: None,
            redactor: self.redactor.as_ref(),
        });
        span.extensions_mut().replace(bound);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // The values are formatted before the lock is taken: they may make events of their own.
        let mut fresh = Bound::default();
        values.record(&mut Visitor {
            bound: &mut fresh,
            message: None,
            redactor: self.redactor.as_ref(),
        });
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<Bound>() {
            Some(bound) => {
                for (name, value) in fresh.iter() {
                    bound.set(name, |out, _| out.push_str(value));
                }
            }
            None => {
                extensions.replace(fresh);
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        scratch::with(|scratch| {
            let message = Some(&mut scratch.message);
            event.record(&mut Visitor {
                bound: &mut scratch.fields,
                message,
                redactor: self.redactor.as_ref(),
            });
            let span = context.event_span(event);
            let line = Line {
                at: self.clock.wall(),
                metadata: event.metadata(),
                message: &scratch.message,
                fields: &scratch.fields,
                span: span.as_ref().map(SpanRef::name),
            };
            for (format, lines) in &self.places {
                scratch.line.clear();
                scratch.seen.clear();
                let seen = &mut scratch.seen;
                format.write(&mut scratch.line, &line, |member| {
                    for span in span.iter().flat_map(SpanRef::scope) {
                        let extensions = span.extensions();
                        for (name, value) in extensions.get::<Bound>().iter().flat_map(|b| b.iter())
                        {
                            if !seen.contains(&name) {
                                seen.push(name);
                                member(name, value);
                            }
                        }
                    }
                });
                lines.line(*event.metadata().level(), &scratch.line);
            }
        });
    }
}
