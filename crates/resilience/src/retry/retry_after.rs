//! The header `Retry-After` (RFC 9110 10.2.3).

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// Reads the value of one `Retry-After`: whole seconds or an HTTP date (RFC 9110 5.6.7), whichever
/// of its three forms.
///
/// A date is measured from `now` and rounded up to whole seconds, one that has passed is zero; more
/// than 2^32 - 1 seconds are held there. Anything else is `None`: a value that cannot be read asks
/// for nothing.
///
/// # Example
///
/// ```
/// use palisade_resilience::retry::retry_after;
/// use std::time::{Duration, SystemTime};
///
/// let now = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_770_500);
/// assert_eq!(retry_after(b"120", now), Some(Duration::from_secs(120)));
/// let date = b"Sun, 06 Nov 1994 08:49:37 GMT";
/// assert_eq!(retry_after(date, now), Some(Duration::from_secs(7)));
/// assert_eq!(retry_after(b"-1", now), None);
/// ```
#[must_use]
pub fn retry_after(value: &[u8], now: SystemTime) -> Option<Duration> {
    let value = value.trim_ascii();
    if value.is_empty() || value.len() > LONGEST {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    let seconds = if value.iter().all(u8::is_ascii_digit) {
        // Only digits, so the one thing that can be wrong is the size.
        text.parse().unwrap_or(u32::MAX)
    } else {
        let wait = httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default();
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        u32::try_from(seconds).unwrap_or(u32::MAX)
    };
    Some(Duration::from_secs(seconds.into()))
}

/// Returns the longest wait that the headers of a response ask for.
///
/// Dates are measured from the response's own `Date` where it has one, so that the clocks of two
/// machines need not agree; otherwise from `now`.
#[must_use]
pub fn retry_after_of(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let mut waits = headers.get_all(RETRY_AFTER).into_iter().peekable();
    waits.peek()?;
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let now = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    waits.filter_map(|wait| retry_after(wait.as_bytes(), now)).max()
}

/// The longest HTTP date is 33 bytes (`Wednesday, 09-Nov-94 08:49:37 GMT`).
const LONGEST: usize = 64;
