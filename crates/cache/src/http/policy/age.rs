//! How old an answer is and how long it is fresh (RFC 9111, section 4.2).

use std::time::{Duration, Instant, SystemTime};

use http::StatusCode;
use http::header::{AGE, DATE, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED};

use super::directive::{MOST_SECONDS, seconds};
use super::response::ResponseControl;
use super::{Rules, Sharing};

/// When an answer came.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Times {
    /// When its request was sent.
    pub requested: Instant,
    /// When its fields were received.
    pub received: Instant,
    /// What the date was then.
    pub wall: SystemTime,
}

impl Times {
    /// Says when an answer was asked for and when it came.
    #[must_use]
    pub const fn new(requested: Instant, received: Instant, wall: SystemTime) -> Self {
        Self { requested, received, wall }
    }
}

/// Reads a date that stands alone in its field.
pub(super) fn date(headers: &HeaderMap, field: &HeaderName) -> Option<SystemTime> {
    let mut lines = headers.get_all(field).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    httpdate::parse_http_date(line.to_str().ok()?).ok()
}

/// Returns how old an answer was when it was received (section 4.2.3); none if it does not say so in a way
/// that can be read.
///
/// An `Age` that is not one number is taken for the age of an answer that is too old: the RFC would have it
/// ignored or read in part (section 5.1), which would serve what may be stale.
pub(super) fn initial_age(headers: &HeaderMap, times: &Times) -> Option<Duration> {
    let mut lines = headers.get_all(AGE).iter();
    let age = match (lines.next(), lines.next()) {
        (None, _) => 0,
        (Some(line), None) => seconds(line.as_bytes().trim_ascii())?,
        _ => return None,
    };
    let delay = times.received.saturating_duration_since(times.requested);
    let corrected = Duration::from_secs(age.into()).saturating_add(delay);
    let date = date(headers, &DATE).unwrap_or(times.wall);
    let apparent = times.wall.duration_since(date).unwrap_or_default();
    // A date has whole seconds: the one that is under way is no age.
    let apparent = Duration::from_secs(apparent.as_secs());
    Some(apparent.max(corrected))
}

/// How long an answer is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// It says so.
    Explicit(u32),
    /// It was changed last so long ago that it will not change soon.
    Heuristic(u32),
    /// Nothing is known.
    Unknown,
}

impl Lifetime {
    pub(super) const fn seconds(self) -> u32 {
        match self {
            Self::Explicit(seconds) | Self::Heuristic(seconds) => seconds,
            Self::Unknown => 0,
        }
    }
}

/// Returns how long an answer is fresh (section 4.2.1).
///
/// `dated` says whether `Expires` counts, which it does not beside `CDN-Cache-Control`.
pub(super) fn lifetime(
    rules: &Rules,
    control: &ResponseControl,
    headers: &HeaderMap,
    is_heuristic: bool,
    dated: bool,
    wall: SystemTime,
) -> Lifetime {
    let own = if rules.sharing == Sharing::Shared { control.s_maxage } else { None };
    if let Some(seconds) = own.or(control.max_age) {
        return Lifetime::Explicit(seconds);
    }
    let date_of = || date(headers, &DATE).unwrap_or(wall);
    if dated && headers.contains_key(EXPIRES) {
        // What is no date, `0` above all, has passed (section 5.3).
        let left = date(headers, &EXPIRES).and_then(|end| end.duration_since(date_of()).ok());
        return Lifetime::Explicit(whole(left.unwrap_or_default()));
    }
    let most = rules.heuristic;
    let modified = date(headers, &LAST_MODIFIED).filter(|_| is_heuristic && most > 0);
    // A tenth of its age (section 4.2.2).
    match modified.and_then(|modified| date_of().duration_since(modified).ok()) {
        Some(age) => Lifetime::Heuristic((whole(age) / 10).min(most)),
        None => Lifetime::Unknown,
    }
}

fn whole(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(MOST_SECONDS).min(MOST_SECONDS)
}

/// Statuses whose answers may be kept although they do not say for how long (RFC 9110, section 15.1).
pub(super) const fn is_heuristically_cacheable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// Statuses that a cache of whole answers knows the meaning of.
pub(super) const fn is_understood(status: StatusCode) -> bool {
    is_heuristically_cacheable(status)
        || matches!(
            status.as_u16(),
            302 | 303 | 307 | 400 | 403 | 421 | 451 | 500 | 502 | 503 | 504
        )
}
