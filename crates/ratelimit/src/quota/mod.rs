//! How often: quotas as one says them.

mod gcra;
mod tickets;

use std::fmt;
use std::time::Duration;

use crate::ConfigError;

pub use gcra::{Gcra, Step};
pub use tickets::Tickets;

/// A number of requests per time, or at a time.
///
/// `Quota::per_hour(100)` is 100 requests per hour. A quota of 0 admits nothing.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::Quota;
///
/// const API: Quota = Quota::per_hour(100); // 100 at once, then one every 36 s
/// const SMOOTH: Quota = Quota::per_hour(100).burst(10); // 10 at once, then one every 36 s
/// const LOGIN: Quota = Quota::per_minute(5).strict(); // never more than 5 in any 60 s
/// const EXPORT: Quota = Quota::concurrent(2); // 2 at a time
/// assert_eq!(API.to_string(), "100 per hour");
/// ```
///
/// # Security
///
/// Without [`strict`](Self::strict), up to twice the count passes within one window: the burst, and
/// what is earned meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Rate { count: u32, window_nanos: u64, burst: u32, strict: bool },
    Concurrent { limit: u32 },
}

/// What a store counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meter {
    /// A burst, and one more for each interval; in nanoseconds.
    Bucket(Gcra),
    /// A strict window; in nanoseconds.
    Strict(Tickets),
}

impl Meter {
    /// Returns the part of one of as many instances that count alone: what is above 0 stays at least
    /// 1. A divisor of 0 counts as 1.
    #[must_use]
    pub const fn divided(self, by: u32) -> Self {
        let by = if by == 0 { 1 } else { by };
        match self {
            Self::Bucket(gcra) => {
                #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
                let interval = gcra.interval().saturating_mul(by as u64);
                Self::Bucket(Gcra::new(interval, share(gcra.burst(), by)))
            }
            Self::Strict(tickets) => {
                #[expect(
                    clippy::as_conversions,
                    clippy::cast_possible_truncation,
                    reason = "widens, and a share is no larger than the whole"
                )]
                let count = share(tickets.count() as u32, by) as u8;
                Self::Strict(Tickets::new(count, tickets.window()))
            }
        }
    }
}

const SECOND: u64 = 1_000_000_000;

impl Quota {
    /// The shortest window.
    pub const SHORTEST: Duration = Duration::from_millis(1);

    /// The longest window.
    pub const LONGEST: Duration = Duration::from_hours(24 * 92);

    /// So many in each second.
    #[must_use]
    pub const fn per_second(count: u32) -> Self {
        Self::rate(count, SECOND)
    }

    /// So many in each minute.
    #[must_use]
    pub const fn per_minute(count: u32) -> Self {
        Self::rate(count, SECOND * 60)
    }

    /// So many in each hour.
    #[must_use]
    pub const fn per_hour(count: u32) -> Self {
        Self::rate(count, SECOND * 3600)
    }

    /// So many in each 24 hours.
    #[must_use]
    pub const fn per_day(count: u32) -> Self {
        Self::rate(count, SECOND * 86_400)
    }

    /// So many in each window of that length.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] for a window outside [`SHORTEST`](Self::SHORTEST) to
    /// [`LONGEST`](Self::LONGEST).
    pub const fn per(count: u32, window: Duration) -> Result<Self, ConfigError> {
        let nanos = window.as_nanos();
        if nanos < Self::SHORTEST.as_nanos() || nanos > Self::LONGEST.as_nanos() {
            return Err(ConfigError::Time {
                setting: "the window of a quota",
                given: window,
                least: Self::SHORTEST,
                most: Self::LONGEST,
            });
        }
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "92 days of nanoseconds fit; `TryFrom` is not const"
        )]
        Ok(Self::rate(count, nanos as u64))
    }

    /// So many at a time: a request counts until its response's body has ended or is dropped.
    ///
    /// Counted within this process, whatever the store.
    #[must_use]
    pub const fn concurrent(limit: u32) -> Self {
        Self { kind: Kind::Concurrent { limit } }
    }

    const fn rate(count: u32, window_nanos: u64) -> Self {
        Self { kind: Kind::Rate { count, window_nanos, burst: count, strict: false } }
    }

    /// Lets so many pass at once; as many as the count unless called.
    ///
    /// Says nothing where [`strict`](Self::strict) or [`concurrent`](Self::concurrent) does.
    #[must_use]
    pub const fn burst(self, burst: u32) -> Self {
        match self.kind {
            Kind::Rate { count, window_nanos, strict, .. } => {
                Self { kind: Kind::Rate { count, window_nanos, burst, strict } }
            }
            Kind::Concurrent { .. } => self,
        }
    }

    /// Never admits more than the count in any window, wherever it begins.
    ///
    /// Up to 16, exact: all that the window leaves is admitted. Above, half of the count passes at
    /// once and half is earned over the window, which stays below the count in every window.
    #[must_use]
    pub const fn strict(self) -> Self {
        match self.kind {
            Kind::Rate { count, window_nanos, burst, .. } => {
                Self { kind: Kind::Rate { count, window_nanos, burst, strict: true } }
            }
            Kind::Concurrent { .. } => self,
        }
    }

    /// Returns how a store counts it, `None` for [`concurrent`](Self::concurrent).
    ///
    /// Intervals are rounded up to the next nanosecond: never more than the quota.
    #[must_use]
    pub const fn meter(self) -> Option<Meter> {
        let Kind::Rate { count, window_nanos, burst, strict } = self.kind else { return None };
        if count == 0 || burst == 0 && !strict {
            return Some(Meter::Bucket(Gcra::new(window_nanos, 0)));
        }
        if !strict {
            return Some(Meter::Bucket(Gcra::new(interval(window_nanos, count), burst)));
        }
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "compared before; `From` and `TryFrom` are not const"
        )]
        if count <= Tickets::MOST as u32 {
            return Some(Meter::Strict(Tickets::new(count as u8, window_nanos)));
        }
        let earned = count >> 1;
        let at_once = count.saturating_sub(earned);
        Some(Meter::Bucket(Gcra::new(interval(window_nanos, earned), at_once)))
    }

    /// Returns how many may run at a time, for [`concurrent`](Self::concurrent).
    #[must_use]
    pub const fn concurrency(self) -> Option<u32> {
        match self.kind {
            Kind::Concurrent { limit } => Some(limit),
            Kind::Rate { .. } => None,
        }
    }

    /// Returns what is admitted in each window: the count.
    #[must_use]
    pub const fn count(self) -> u32 {
        match self.kind {
            Kind::Rate { count, .. } => count,
            Kind::Concurrent { limit } => limit,
        }
    }

    /// Returns the largest cost that can ever pass.
    #[must_use]
    pub const fn most_at_once(self) -> u32 {
        match (self.meter(), self.kind) {
            (Some(Meter::Bucket(gcra)), _) => gcra.burst(),
            #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
            (Some(Meter::Strict(tickets)), _) => tickets.count() as u32,
            (None, Kind::Concurrent { limit } | Kind::Rate { count: limit, .. }) => limit,
        }
    }

    /// Returns the length of the window, `None` for [`concurrent`](Self::concurrent).
    #[must_use]
    pub const fn window(self) -> Option<Duration> {
        match self.kind {
            Kind::Rate { window_nanos, .. } => Some(Duration::from_nanos(window_nanos)),
            Kind::Concurrent { .. } => None,
        }
    }

    /// Returns the same quota with count and burst multiplied, for a key that many share.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        match self.kind {
            Kind::Rate { count, window_nanos, burst, strict } => Self {
                kind: Kind::Rate {
                    count: count.saturating_mul(factor),
                    window_nanos,
                    burst: burst.saturating_mul(factor),
                    strict,
                },
            },
            Kind::Concurrent { limit } => Self::concurrent(limit.saturating_mul(factor)),
        }
    }

    /// Returns the same quota with count and burst divided, for one of as many instances that
    /// count alone; what is above 0 stays at least 1. A divisor of 0 counts as 1.
    #[must_use]
    pub const fn divided(self, by: u32) -> Self {
        match self.kind {
            Kind::Rate { count, window_nanos, burst, strict } => Self {
                kind: Kind::Rate {
                    count: share(count, by),
                    window_nanos,
                    burst: share(burst, by),
                    strict,
                },
            },
            Kind::Concurrent { limit } => Self::concurrent(share(limit, by)),
        }
    }
}

/// Returns the time in which one is earned, rounded up.
const fn interval(window_nanos: u64, count: u32) -> u64 {
    #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
    let count = count as u64;
    let Some(whole) = window_nanos.checked_div(count) else { return window_nanos };
    if whole.saturating_mul(count) < window_nanos { whole.saturating_add(1) } else { whole }
}

const fn share(whole: u32, by: u32) -> u32 {
    match whole.checked_div(by) {
        None => whole,
        Some(0) if whole > 0 => 1,
        Some(part) => part,
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Concurrent { limit } => write!(f, "{limit} at a time"),
            Kind::Rate { count, window_nanos, burst, strict } => {
                write!(f, "{count} per ")?;
                match window_nanos {
                    SECOND => f.write_str("second")?,
                    n if n == SECOND * 60 => f.write_str("minute")?,
                    n if n == SECOND * 3600 => f.write_str("hour")?,
                    n if n == SECOND * 86_400 => f.write_str("day")?,
                    n => write!(f, "{:?}", Duration::from_nanos(n))?,
                }
                if strict {
                    f.write_str(", strict")
                } else if burst == count {
                    Ok(())
                } else {
                    write!(f, ", burst {burst}")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_cannot_be_read_as_one_per_so_many_seconds() {
        let Some(Meter::Bucket(gcra)) = Quota::per_second(2).meter() else { panic!("a bucket") };
        assert_eq!((gcra.interval(), gcra.burst()), (SECOND / 2, 2));
        let Some(Meter::Bucket(gcra)) = Quota::per_hour(100).meter() else { panic!("a bucket") };
        assert_eq!((gcra.interval(), gcra.burst()), (36 * SECOND, 100));
    }

    #[test]
    fn intervals_are_rounded_up_so_that_no_window_admits_one_more() {
        let Some(Meter::Bucket(gcra)) = Quota::per_second(7).meter() else { panic!("a bucket") };
        assert_eq!(gcra.interval(), 142_857_143);
        assert!(gcra.interval() * 7 >= SECOND);
    }

    #[test]
    fn strict_windows_are_tickets_up_to_sixteen_and_halves_above() {
        let strict = |count| Quota::per_minute(count).strict().meter().unwrap();
        assert_eq!(strict(5), Meter::Strict(Tickets::new(5, 60 * SECOND)));
        assert_eq!(strict(16), Meter::Strict(Tickets::new(16, 60 * SECOND)));
        for count in 17..200_u32 {
            let Meter::Bucket(gcra) = strict(count) else { panic!("a bucket") };
            let most = u64::from(gcra.burst()) + 60 * SECOND / gcra.interval();
            assert!(most <= u64::from(count), "{most} in a window of {count}");
            assert!(most >= u64::from(count) - 1, "{most} of {count}");
        }
    }

    #[test]
    fn zero_admits_nothing_in_every_form() {
        for quota in [
            Quota::per_hour(0),
            Quota::per_hour(0).strict(),
            Quota::per_hour(5).burst(0),
            Quota::concurrent(0),
        ] {
            assert_eq!(quota.most_at_once(), 0, "{quota}");
        }
    }

    #[test]
    fn says_itself_as_people_do() {
        let table = [
            (Quota::per_second(2), "2 per second"),
            (Quota::per_minute(5).strict(), "5 per minute, strict"),
            (Quota::per_day(1000).burst(10), "1000 per day, burst 10"),
            (Quota::per(3, Duration::from_secs(90)).unwrap(), "3 per 90s"),
            (Quota::concurrent(2), "2 at a time"),
        ];
        for (quota, text) in table {
            assert_eq!(quota.to_string(), text);
        }
    }

    #[test]
    fn a_window_out_of_bounds_is_refused_and_told() {
        let error = Quota::per(1, Duration::ZERO).unwrap_err();
        assert!(error.to_string().starts_with("the window of a quota must be from 1ms"), "{error}");
        assert!(Quota::per(1, Duration::MAX).is_err());
        assert!(Quota::per(1, Quota::LONGEST).is_ok());
    }

    #[test]
    fn a_share_is_never_nothing_and_a_multiple_never_overflows() {
        assert_eq!(Quota::per_minute(5).divided(2), Quota::per_minute(2));
        assert_eq!(Quota::per_minute(1).divided(8), Quota::per_minute(1));
        assert_eq!(Quota::per_minute(0).divided(8), Quota::per_minute(0));
        assert_eq!(Quota::per_minute(u32::MAX).times(4).count(), u32::MAX);
    }
}
