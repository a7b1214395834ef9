//! Time as a parameter.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Tells the time to everything that decides by it.
///
/// [`now`](Self::now) never goes backwards and is what durations are measured with;
/// [`wall`](Self::wall) is the date, which an administrator may move, and is only for what people
/// and other machines read.
///
/// # Example
///
/// ```
/// use palisade_core::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(clock.now().duration_since(before), Duration::from_secs(30));
/// ```
pub trait Clock: Send + Sync + 'static {
    /// Returns the monotonic time.
    fn now(&self) -> Instant;

    /// Returns the date and time of day.
    fn wall(&self) -> SystemTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn wall(&self) -> SystemTime {
        (**self).wall()
    }
}

/// The clock of the operating system.
///
/// # Cost
///
/// One clock read (a vDSO call on Linux, no system call) and no allocation for each question.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl SystemClock {
    /// Returns the clock; it holds nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the system is asked")]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still until it is told to move, for tests and simulations.
///
/// Clones show the same time: give one to the code under test and keep the other.
#[derive(Clone)]
pub struct ManualClock {
    shared: Arc<Shared>,
}

struct Shared {
    start: Instant,
    monotonic_nanos: AtomicU64,
    wall_nanos: AtomicU64,
}

impl ManualClock {
    /// Starts at the Unix epoch.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(Duration::ZERO)
    }

    /// Starts with the wall clock at the given time since the Unix epoch.
    ///
    /// Times past the year 2554 are held at that year.
    #[must_use]
    pub fn starting_at(since_epoch: Duration) -> Self {
        let shared = Shared {
            start: SystemClock.now(),
            monotonic_nanos: AtomicU64::new(0),
            wall_nanos: AtomicU64::new(nanos(since_epoch)),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Moves both times forward.
    pub fn advance(&self, by: Duration) {
        self.shared.monotonic_nanos.fetch_add(nanos(by), Ordering::SeqCst);
        self.shared.wall_nanos.fetch_add(nanos(by), Ordering::SeqCst);
    }

    /// Sets the wall clock alone, forward or back, as an administrator or NTP may.
    pub fn set_wall(&self, since_epoch: Duration) {
        self.shared.wall_nanos.store(nanos(since_epoch), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elapsed = Duration::from_nanos(self.shared.monotonic_nanos.load(Ordering::SeqCst));
        f.debug_struct("ManualClock").field("elapsed", &elapsed).finish_non_exhaustive()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        let elapsed = Duration::from_nanos(self.shared.monotonic_nanos.load(Ordering::SeqCst));
        self.shared.start.checked_add(elapsed).unwrap_or(self.shared.start)
    }

    fn wall(&self) -> SystemTime {
        let since_epoch = Duration::from_nanos(self.shared.wall_nanos.load(Ordering::SeqCst));
        SystemTime::UNIX_EPOCH.checked_add(since_epoch).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_its_clones_agree() {
        let clock = ManualClock::starting_at(Duration::from_secs(100));
        let other = clock.clone();
        let start = other.now();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_millis(1500));
        assert_eq!(other.now() - start, Duration::from_millis(1500));
        assert_eq!(other.wall(), SystemTime::UNIX_EPOCH + Duration::from_millis(101_500));
    }

    #[test]
    fn setting_the_wall_clock_back_leaves_the_monotonic_time() {
        let clock = ManualClock::starting_at(Duration::from_hours(1));
        let before = clock.now();
        clock.set_wall(Duration::from_secs(5));
        assert_eq!(clock.now(), before);
        assert_eq!(clock.wall(), SystemTime::UNIX_EPOCH + Duration::from_secs(5));
    }

    #[test]
    fn the_system_clock_does_not_go_back() {
        let clock = SystemClock::new();
        let first = clock.now();
        assert!(clock.now() >= first);
        assert!(clock.wall() > SystemTime::UNIX_EPOCH);
    }
}
