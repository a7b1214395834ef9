//! Points in time as the stores keep them.

use std::time::{Duration, SystemTime};

/// A point in time in whole milliseconds, on the one clock of a store.
///
/// Stores that survive a restart count from the Unix epoch, [`MemoryLockouts`](super::MemoryLockouts)
/// from a moment of its own. Every value is below 2^53, which Lua and JSON hold exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The beginning of the clock; as the end of a lock it means that there is none.
    pub const ZERO: Self = Self(0);
    /// The end of a lock that only an administrator lifts.
    pub const NEVER: Self = Self((1 << 53) - 1);

    /// The moment of that many milliseconds; what is above [`NEVER`](Self::NEVER) is held there.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::NEVER.0 { Self::NEVER } else { Self(millis) }
    }

    /// The moment of a wall clock; times before the Unix epoch are held at it.
    #[must_use]
    pub fn from_wall(wall: SystemTime) -> Self {
        let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self::ZERO.after(since)
    }

    /// Returns the milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the time from `earlier` to here, zero when it is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Returns the moment so much later, rounded down to a millisecond.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(wait)))
    }

    /// Returns the moment so much earlier, not before [`ZERO`](Self::ZERO).
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
