//! `X-RateLimit-*`, as many APIs have them.

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};

use super::text::Seconds;
use super::{Reset, Shown, Written};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Describes the policy of which the least is left, by its part of the limit.
pub(super) fn write(
    shown: &[Shown<'_>],
    reset: Reset,
    wall: impl FnOnce() -> SystemTime,
    written: &mut Written,
) {
    let tightest = shown.iter().min_by(|one, other| {
        // a/b < c/d without dividing.
        let one_side = u64::from(one.remaining).saturating_mul(u64::from(other.limit));
        one_side.cmp(&u64::from(other.remaining).saturating_mul(u64::from(one.limit)))
    });
    let Some(Shown { limit, remaining, next, .. }) = tightest else { return };
    let when = match reset {
        Reset::Delta => *next,
        Reset::Epoch => {
            let now = wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
            now.saturating_add(*next)
        }
    };
    written.push((LIMIT, HeaderValue::from(*limit)));
    written.push((REMAINING, HeaderValue::from(*remaining)));
    written.push((RESET, HeaderValue::from(when.seconds_up())));
}
