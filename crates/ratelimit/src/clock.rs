//! A clock that is cheap to ask.

use std::time::{Instant, SystemTime};

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
    ticks: std::time::Duration,
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

#[cfg(target_os = "linux")]
fn coarse() -> std::time::Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::MonotonicCoarse);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    std::time::Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
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
