//! What is known of an error where it happens.

use std::backtrace::Backtrace;

use tracing::field::Field;
use tracing::{Event, Metadata};

use super::context::Values;
use crate::log::{Bound, Visitor};
use crate::redact::Redactor;

/// The first error of a request, kept until its answer is known.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(super) print: u64,
    pub(super) metadata: &'static Metadata<'static>,
    pub(super) message: String,
    pub(super) fields: Values,
    /// None where it would not be told.
    pub(super) backtrace: Option<Backtrace>,
}

/// Reads the message and the fields of an event.
pub(super) fn read(event: &Event<'_>, redactor: &Redactor) -> (String, Values) {
    let (mut bound, mut message) = (Bound::default(), String::new());
    let redactor = Some(redactor);
    event.record(&mut Visitor { bound: &mut bound, message: Some(&mut message), redactor });
    let mut fields = Values::default();
    bound.iter().for_each(|(name, value)| fields.add(name, value));
    (message, fields)
}

/// Returns where an event is in the source.
pub(super) fn location(metadata: &Metadata<'_>) -> Option<String> {
    Some(format!("{}:{}", metadata.file()?, metadata.line()?))
}

/// Reads the status of the line of a request.
#[derive(Default)]
pub(super) struct Status {
    pub(super) status: Option<u16>,
}

impl tracing::field::Visit for Status {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = u16::try_from(value).ok().filter(|status| *status > 0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
