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
    ticks: Duration,
}

impl CoarseClock {
    /// Starts the clock.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: SystemClock::new().now(),
            #[cfg(target_os = "linux")]
            ticks: coarse(),
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
        let since = coarse().saturating_sub(self.ticks);
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

    /// Returns the time since the start.
    #[inline]
    pub(crate) fn elapsed(&self) -> Duration {
        match self {
            #[cfg(target_os = "linux")]
            Self::Coarse(clock) => coarse().saturating_sub(clock.ticks),
            #[cfg(not(target_os = "linux"))]
            Self::Coarse(clock) => clock.now().saturating_duration_since(clock.start),
            Self::Given { clock, start } => clock.now().saturating_duration_since(*start),
        }
    }

    /// Returns the time from the start to a moment of the clock.
    pub(crate) fn until(&self, now: Instant) -> Duration {
        match self {
            Self::Coarse(clock) => now.saturating_duration_since(clock.start),
            Self::Given { start, .. } => now.saturating_duration_since(*start),
        }
    }

    pub(crate) fn wall(&self) -> SystemTime {
        match self {
            Self::Coarse(clock) => clock.wall(),
            Self::Given { clock, .. } => clock.wall(),
        }
    }
}

#[cfg(target_os = "linux")]
fn coarse() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::MonotonicCoarse);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
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
