//! The layer of `tracing` that hears of errors.

use std::backtrace::Backtrace;
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use siphasher::sip::SipHasher13;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::context::Values;
use super::fault::{self, Fault, Status};
use super::queue::Waiting;
use super::{Kind, Report, Shared, hook};
use crate::log::Bound;
use crate::request::{self, Observed};

/// Layer of `tracing` that captures errors; see the [module](super).
///
/// Add it with its own [filter](Self::filter) to a subscriber whose root is `Registry`:
/// `.with(capture.layer().with_filter(CaptureLayer::filter()))`.
#[derive(Clone)]
pub struct CaptureLayer {
    shared: Arc<Shared>,
}

impl CaptureLayer {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// What the layer has to see: errors, and spans from `INFO` on.
    #[must_use]
    pub fn filter() -> FilterFn {
        let wanted: fn(&Metadata<'_>) -> bool =
            |metadata| metadata.is_span() || *metadata.level() == Level::ERROR;
        filter_fn(wanted).with_max_level_hint(LevelFilter::INFO)
    }
}

impl fmt::Debug for CaptureLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureLayer").finish_non_exhaustive()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for CaptureLayer {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() != Level::ERROR {
            return;
        }
        let around = Around::of(event, &context, &self.shared);
        match (metadata.target(), &around.observed) {
            (hook::TARGET, _) => self.shared.panicked(event, around),
            (request::TARGET, Some(_)) => self.shared.answered(event, around),
            (_, Some(observed)) => self.shared.note(event, observed),
            (_, None) => self.shared.told(event, around),
        }
    }
}

/// What the spans around an event say.
#[derive(Default)]
struct Around {
    observed: Option<Observed>,
    context: Values,
}

impl Around {
    fn of<S>(event: &Event<'_>, context: &Context<'_, S>, shared: &Shared) -> Self
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut this = Self::default();
        for span in context.event_scope(event).into_iter().flatten() {
            let extensions = span.extensions();
            if this.observed.is_none() {
                this.observed = extensions.get::<Observed>().cloned();
            }
            for (name, value) in extensions.get::<Bound>().iter().flat_map(|bound| bound.iter()) {
                this.context.add_bound(name, value, &shared.redactor);
            }
        }
        this
    }
}

impl Shared {
    fn panicked(&self, event: &Event<'_>, around: Around) {
        let (message, mut fields) = fault::read(event, &self.redactor);
        let message = fields.take("panic").unwrap_or(message);
        let location = fields.take("location");
        let route = around.observed.as_ref().and_then(Observed::route);
        let print = print(location.as_deref().unwrap_or_default(), 0, route);
        // Its answer is no error of its own.
        if let Some(observed) = &around.observed {
            observed.set_told();
        }
        let Some(repeated) = self.table.tell(print, self.clock.now()) else { return };
        let report = Report { message, location, ..self.report(Kind::Panic, event, print, around) };
        let backtrace = Some(Backtrace::force_capture());
        self.push(Report { repeated, fields: fields.list, ..report }, backtrace);
    }

    /// Keeps the first error of a request until its answer is known.
    fn note(&self, event: &Event<'_>, observed: &Observed) {
        if observed.has_fault() {
            return;
        }
        let metadata = event.metadata();
        let print = print_of(metadata, observed.route());
        let (message, fields) = fault::read(event, &self.redactor);
        let backtrace =
            self.table.would_tell(print, self.clock.now()).then(Backtrace::force_capture);
        observed.set_fault(Fault { print, metadata, message, fields, backtrace });
    }

    fn answered(&self, event: &Event<'_>, around: Around) {
        let Some(observed) = &around.observed else { return };
        let mut line = Status::default();
        event.record(&mut line);
        let (status, route) = (line.status, observed.route());
        let cause = observed.take_fault();
        if observed.set_told() {
            return;
        }
        let print = match &cause {
            Some(fault) => fault.print,
            None => print("request", u32::from(status.unwrap_or(0)), route),
        };
        let Some(repeated) = self.table.tell(print, self.clock.now()) else { return };
        let report =
            Report { repeated, status, ..self.report(Kind::Request, event, print, around) };
        let Some(Fault { metadata, message, fields, backtrace, .. }) = cause else {
            let message = match status {
                Some(status) => format!("answered with {status}"),
                None => "failed without an answer".to_owned(),
            };
            return self.push(Report { message, ..report }, None);
        };
        let (target, location) = (metadata.target(), fault::location(metadata));
        let fields = fields.list;
        self.push(Report { message, target, location, fields, ..report }, backtrace);
    }

    /// An error outside of any request.
    fn told(&self, event: &Event<'_>, around: Around) {
        let metadata = event.metadata();
        let print = print_of(metadata, None);
        let Some(repeated) = self.table.tell(print, self.clock.now()) else { return };
        let (message, fields) = fault::read(event, &self.redactor);
        let (location, fields) = (fault::location(metadata), fields.list);
        let report = self.report(Kind::Event, event, print, around);
        let backtrace = Some(Backtrace::force_capture());
        self.push(Report { repeated, message, location, fields, ..report }, backtrace);
    }

    fn report(&self, kind: Kind, event: &Event<'_>, fingerprint: u64, around: Around) -> Report {
        let Around { observed, context } = around;
        let observed = observed.as_ref();
        Report {
            kind,
            at: self.clock.wall(),
            fingerprint,
            repeated: 0,
            lost: 0,
            message: String::new(),
            target: event.metadata().target(),
            location: None,
            fields: Vec::new(),
            context: context.list,
            frames: Vec::new(),
            status: None,
            route: observed.and_then(Observed::route).map(str::to_owned),
            request_id: observed.map(|observed| observed.id().clone()),
            trace: observed.map(Observed::trace),
            user: observed.and_then(Observed::user).map(str::to_owned),
            release: None,
            environment: None,
        }
    }

    fn push(&self, report: Report, backtrace: Option<Backtrace>) {
        self.queue.push(Waiting { report, backtrace });
    }
}

fn print_of(metadata: &Metadata<'_>, route: Option<&str>) -> u64 {
    let place = metadata.file().unwrap_or_else(|| metadata.target());
    print(place, metadata.line().unwrap_or(0), route)
}

/// Hashes what makes faults equal.
fn print(place: &str, line: u32, route: Option<&str>) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(place.as_bytes());
    hasher.write_u32(line);
    hasher.write(route.unwrap_or_default().as_bytes());
    hasher.finish()
}
