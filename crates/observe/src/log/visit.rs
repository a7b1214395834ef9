//! Takes the values out of an event or a span.

use std::borrow::Cow;
use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};

use super::{Bound, scratch};
use crate::escape::{Escape, Escaper, prefix, push};
use crate::redact::{REDACTED, Redactor};

/// Bytes of one value; what is longer is cut and says so.
pub(super) const VALUE: usize = 16 * 1024;

/// Writes every field into a [`Bound`], the message of an event aside.
pub(crate) struct Visitor<'a> {
    pub(crate) bound: &'a mut Bound,
    /// Where the message goes, unescaped; a span has none.
    pub(crate) message: Option<&'a mut String>,
    pub(crate) redactor: Option<&'a Redactor>,
}

impl Visitor<'_> {
    /// Writes in place of a value that its name hides.
    fn hidden(&mut self, field: &Field) -> bool {
        let hidden = self.redactor.is_some_and(|redactor| redactor.hides_field(field.name()));
        if hidden {
            self.bound.set(field.name(), |out, room| quote(out, REDACTED, room));
        }
        hidden
    }

    fn text(&mut self, field: &Field, value: &str) {
        let value = match self.redactor {
            Some(redactor) => &*redactor.text(prefix(value, VALUE.saturating_add(1))),
            None => value,
        };
        match self.message.as_deref_mut() {
            Some(message) if field.name() == "message" => {
                let kept = prefix(value, VALUE);
                message.push_str(kept);
                message.push_str(if kept.len() < value.len() { CUT } else { "" });
            }
            _ => self.bound.set(field.name(), |out, room| quote(out, value, room.min(VALUE))),
        }
    }

    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        if !self.hidden(field) {
            self.bound.set(field.name(), |out, _| {
                // Nothing that fails: a string takes everything.
                let _ = write!(out, "{value}");
            });
        }
    }

    /// An integer, which may be the number of a card.
    fn number(&mut self, field: &Field, value: impl fmt::Display, long: bool) {
        let is_card =
            |redactor: &Redactor| matches!(redactor.text(&value.to_string()), Cow::Owned(_));
        if long && self.redactor.is_some_and(is_card) {
            self.bound.set(field.name(), |out, room| quote(out, REDACTED, room));
        } else {
            self.plain(field, value);
        }
    }
}

/// Integers from here on have as many digits as a card.
const LONG: u64 = 1_000_000_000_000;

/// Appends a text as a JSON string.
fn quote(out: &mut String, value: &str, room: usize) {
    let kept = prefix(value, room);
    out.push('"');
    push(out, kept, Escape::Json);
    if kept.len() < value.len() {
        out.push_str(CUT);
    }
    out.push('"');
}

/// What stands at the end of a value that is cut.
const CUT: &str = " [cut]";

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.hidden(field) {
            self.text(field, value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value, value.unsigned_abs() >= LONG);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value, value >= LONG);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        // Beyond what readers of JSON hold exactly.
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, value);
        } else {
            // JSON has no number for it.
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.hidden(field) {
            return;
        }
        if self.redactor.is_some() {
            scratch::with_text(|text| {
                let _ = write!(Limited { out: text, room: VALUE }, "{value:?}");
                self.text(field, text);
            });
            return;
        }
        match self.message.as_deref_mut() {
            Some(message) if field.name() == "message" => {
                let _ = write!(Limited { out: message, room: VALUE }, "{value:?}");
            }
            _ => self.bound.set(field.name(), |out, room| {
                out.push('"');
                let mut escaper = Escaper { out, escape: Escape::Json, room: room.min(VALUE) };
                if write!(escaper, "{value:?}").is_err() {
                    out.push_str(CUT);
                }
                out.push('"');
            }),
        }
    }
}

/// Takes a number of bytes and no more.
struct Limited<'a> {
    out: &'a mut String,
    room: usize,
}

impl Write for Limited<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = prefix(text, self.room);
        self.out.push_str(kept);
        self.room = self.room.saturating_sub(kept.len());
        if kept.len() < text.len() {
            self.out.push_str(CUT);
            self.room = 0;
            return Err(fmt::Error);
        }
        Ok(())
    }
}
