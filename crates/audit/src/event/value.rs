//! Values that may stand in an event.

use std::borrow::Cow;
use std::net::IpAddr;

use super::text::quoted;
use crate::segment::decimal;

/// Bytes of a text; longer ones are cut and counted.
const TEXT: usize = 4096;

/// A type whose values may be stored for years.
///
/// Implemented for texts, numbers, truth values, addresses and options of them, and for nothing that
/// holds a secret. Implement it for your own types by writing one value.
///
/// # Example
///
/// ```
/// use palisade_audit::{Auditable, Value};
///
/// struct Grade(u8);
///
/// impl Auditable for Grade {
///     fn audit(&self, value: Value<'_>) {
///         value.integer(i64::from(self.0));
///     }
/// }
/// ```
pub trait Auditable {
    /// Writes the value; what writes nothing is `null`.
    fn audit(&self, value: Value<'_>);
}

/// The place of one value in an event.
#[derive(Debug)]
pub struct Value<'a> {
    out: &'a mut Vec<u8>,
    cut: &'a mut u32,
}

impl Value<'_> {
    /// Writes what the value is; returns how many texts were cut.
    pub(super) fn write<V: Auditable + ?Sized>(out: &mut Vec<u8>, value: &V) -> u32 {
        let (length, mut cut) = (out.len(), 0);
        value.audit(Value { out, cut: &mut cut });
        if out.len() == length {
            out.extend_from_slice(b"null");
        }
        cut
    }

    /// Writes a text.
    pub fn text(self, text: &str) {
        *self.cut = self.cut.saturating_add(quoted(self.out, text, TEXT));
    }

    /// Writes a whole number.
    pub fn integer(self, number: i64) {
        if number < 0 {
            self.out.push(b'-');
        }
        decimal(self.out, number.unsigned_abs());
    }

    /// Writes a truth value.
    pub fn boolean(self, truth: bool) {
        self.out.extend_from_slice(if truth { b"true" } else { b"false" });
    }
}

impl Auditable for str {
    fn audit(&self, value: Value<'_>) {
        value.text(self);
    }
}

impl Auditable for String {
    fn audit(&self, value: Value<'_>) {
        value.text(self);
    }
}

impl Auditable for Cow<'_, str> {
    fn audit(&self, value: Value<'_>) {
        value.text(self);
    }
}

impl Auditable for bool {
    fn audit(&self, value: Value<'_>) {
        value.boolean(*self);
    }
}

impl Auditable for IpAddr {
    fn audit(&self, value: Value<'_>) {
        value.text(&self.to_string());
    }
}

impl<V: Auditable> Auditable for Option<V> {
    fn audit(&self, value: Value<'_>) {
        if let Some(inner) = self {
            inner.audit(value);
        }
    }
}

impl<V: Auditable + ?Sized> Auditable for &V {
    fn audit(&self, value: Value<'_>) {
        (**self).audit(value);
    }
}

macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl Auditable for $integer {
            fn audit(&self, value: Value<'_>) {
                // What a JSON reader would round is a text.
                match i64::try_from(*self) {
                    Ok(number) => value.integer(number),
                    Err(_) => value.text(&self.to_string()),
                }
            }
        }
    )+};
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
