//! The layer of `tracing` that hears of statements.

use std::fmt::{self, Write};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Span, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::request::Observed;

/// The target under which `sqlx` tells of statements.
const TARGET: &str = "sqlx::query";

/// Layer that counts statements for the request in whose span they are; see the [module](super).
///
/// Add it with its own [filter](Self::filter) to a subscriber whose root is `Registry`:
/// `.with(QueryWatch::new().with_filter(QueryWatch::filter()))`. `sqlx` tells of statements at
/// `DEBUG`, unless the connection is told otherwise.
///
/// # Cost
///
/// One pass over the statement and a lock that only this request takes; an allocation.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct QueryWatch {}

impl QueryWatch {
    /// From so many times on, one statement for one row is told in the log.
    pub const MANY: u64 = 10;

    /// Makes the layer.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }

    /// What the layer has to see: statements and the spans of requests.
    #[must_use]
    pub fn filter() -> Targets {
        Targets::new()
            .with_target(TARGET, LevelFilter::DEBUG)
            .with_target("palisade_observe", LevelFilter::INFO)
    }
}

/// What an event says of a statement.
#[derive(Default)]
struct Told {
    summary: String,
    statement: String,
    seconds: f64,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "summary" {
            self.summary.clear();
            let _ = write!(self.summary, "{value:?}");
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for QueryWatch {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut told = Told::default();
        event.record(&mut told);
        // A short statement is its own summary.
        let sql = if told.statement.is_empty() { &told.summary } else { &told.statement };
        let time = Duration::try_from_secs_f64(told.seconds).unwrap_or_default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(observed) = span.extensions().get::<Observed>() {
                observed.queries().note(sql, time);
            }
        }
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
