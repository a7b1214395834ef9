//! A clock that is cheap to ask.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use palisade_core::{Clock, SystemClock};

/// The monotonic clock of the system, to the tick of its kernel: 1 to 10 ms.
///
/// A limit of seconds to days needs no finer one. On systems other than Linux it is the
/// [`SystemClock`].
///
/// # Cost
///
/// A few nanoseconds: one vDSO call that reads memory and no hardware counter.
#[derive(Clone, Copy, Debug)]
pub struct CoarseClock {
    start: Instant,
    #[cfg(target_os = "linux")]
    nanos: u64,
}

impl CoarseClock {
    /// Starts the clock.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: SystemClock::new().now(),
            #[cfg(target_os = "linux")]
            nanos: coarse(),
        }
    }
}

impl Default for CoarseClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for CoarseClock {
    #[cfg(target_os = "linux")]
    fn now(&self) -> Instant {
        let since = Duration::from_nanos(coarse().saturating_sub(self.nanos));
        self.start.checked_add(since).unwrap_or(self.start)
    }

    #[cfg(not(target_os = "linux"))]
    fn now(&self) -> Instant {
        SystemClock::new().now().max(self.start)
    }

    fn wall(&self) -> SystemTime {
        SystemClock::new().wall()
    }
}

/// How much time has passed since a start.
///
/// The clock that limits have unless told otherwise is asked without a detour by way of [`Instant`].
pub(crate) enum Stopwatch {
    Coarse(CoarseClock),
    Given { clock: Arc<dyn Clock>, start: Instant },
}

impl Stopwatch {
    /// Starts by the coarse clock.
    pub(crate) fn new() -> Self {
        Self::Coarse(CoarseClock::new())
    }

    /// Starts by a clock of the program's.
    pub(crate) fn by(clock: Arc<dyn Clock>) -> Self {
        Self::Given { start: clock.now(), clock }
    }

    /// Returns the nanoseconds since the start: 584 years fit.
    #[inline]
    pub(crate) fn nanos(&self) -> u64 {
        match self {
            #[cfg(target_os = "linux")]
            Self::Coarse(clock) => coarse().saturating_sub(clock.nanos),
            #[cfg(not(target_os = "linux"))]
            Self::Coarse(clock) => between(clock.start, clock.now()),
            Self::Given { clock, start } => between(*start, clock.now()),
        }
    }

    /// Returns the nanoseconds from the start to a moment of the clock.
    pub(crate) fn until(&self, now: Instant) -> u64 {
        match self {
            Self::Coarse(CoarseClock { start, .. }) | Self::Given { start, .. } => {
                between(*start, now)
            }
        }
    }

    pub(crate) fn wall(&self) -> SystemTime {
        match self {
            Self::Coarse(clock) => clock.wall(),
            Self::Given { clock, .. } => clock.wall(),
        }
    }
}

fn between(start: Instant, now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(start).as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the nanoseconds since the system was started.
#[cfg(target_os = "linux")]
#[inline]
fn coarse() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::MonotonicCoarse);
    time.tv_sec
        .cast_unsigned()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_with_the_system_and_never_back() {
        let clock = CoarseClock::new();
        let (first, second) = (clock.now(), clock.now());
        assert!(second >= first);
        assert!(clock.wall() > SystemTime::UNIX_EPOCH);
    }
}
