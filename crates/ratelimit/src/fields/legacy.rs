//! `X-RateLimit-*`, as many APIs have them.

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};

use super::text::{Seconds, number};
use super::{Reset, Shown};

/// The names of the three fields.
pub(super) static NAMES: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
];

/// Describes the policy of which the least is left, by its part of the limit.
pub(super) fn write(
    shown: &[Shown<'_>],
    reset: Reset,
    wall: impl FnOnce() -> SystemTime,
) -> Option<[HeaderValue; 3]> {
    let tightest = shown.iter().min_by(|one, other| {
        // a/b < c/d without dividing.
        let one_side = u64::from(one.remaining).saturating_mul(u64::from(other.limit));
        one_side.cmp(&u64::from(other.remaining).saturating_mul(u64::from(one.limit)))
    });
    let Shown { limit, remaining, next, .. } = tightest?;
    let when = match reset {
        Reset::Delta => *next,
        Reset::Epoch => {
            let now = wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
            now.saturating_add(*next)
        }
    };
    let values = [u64::from(*limit), u64::from(*remaining), when.seconds_up()];
    Some(values.map(number))
}
