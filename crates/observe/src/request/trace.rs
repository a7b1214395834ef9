//! The place of a request in a trace of many services.

use std::fmt;

use http::HeaderMap;

/// A place in a trace, as W3C Trace Context has it: the trace, the caller's span and our own.
///
/// # Example
///
/// ```
/// use palisade_observe::request::{Ids, TraceContext};
///
/// let caller = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
/// let ours = Ids::with_key([1; 16]).trace(Some(caller));
/// assert_eq!(ours.trace_id(), caller.trace_id());
/// let header = ours.traceparent(); // for the services that are called in turn
/// assert!(header.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && header.ends_with("-01"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl TraceContext {
    /// Reads a `traceparent` header.
    ///
    /// W3C Trace Context, 3.2.2: lower case only, no id of zeros, no version ff; of a version that
    /// is newer than 00 the known part is read.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = number(version, 2)?;
        let more = parts.next().is_some();
        if version == 0xff || (version == 0 && more) {
            return None;
        }
        let (trace, span, flags) = (number(trace, 32)?, number(span, 16)?, number(flags, 2)?);
        let span = u64::try_from(span).ok().filter(|span| *span != 0)?;
        (trace != 0).then_some(Self { trace, span, sampled: flags & 1 == 1 })
    }

    /// Reads the one `traceparent` of a request; two are none.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        Self::parse(value.to_str().ok()?)
    }

    pub(super) fn new(trace: u128, span: u128) -> Self {
        // An id of zeros is none; that it is drawn is as likely as that two are alike.
        Self { trace: trace.max(1), span: low(span), sampled: true }
    }

    pub(super) fn child(self, span: u128) -> Self {
        Self { span: low(span), ..self }
    }

    /// Returns the id of the trace.
    #[must_use]
    pub const fn trace_id(&self) -> u128 {
        self.trace
    }

    /// Writes the id of the trace as its 32 digits.
    pub(super) fn digits<'d>(&self, digits: &'d mut [u8; 32]) -> &'d str {
        let mut rest = self.trace;
        for place in digits.iter_mut().rev() {
            *place = super::id::hex(rest);
            rest >>= 4;
        }
        std::str::from_utf8(digits).unwrap_or_default()
    }

    /// Returns the id of this place in it.
    #[must_use]
    pub const fn span_id(&self) -> u64 {
        self.span
    }

    /// Returns whether the caller keeps the trace.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// Returns the header that tells a called service its caller.
    #[must_use]
    pub fn traceparent(&self) -> String {
        self.to_string()
    }
}

fn low(bits: u128) -> u64 {
    u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(1).max(1)
}

/// Reads so many lower case hexadecimal digits.
fn number(text: &str, digits: usize) -> Option<u128> {
    let good = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != digits || !text.bytes().all(good) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}
