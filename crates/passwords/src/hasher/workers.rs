//! How much hashing may happen at once.

use std::fmt;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use palisade_core::{Clock, SystemClock};

use crate::random::{OsRandom, Random};

/// The threads of a [`Hasher`](crate::Hasher), its queue and its collaborators.
///
/// Memory is bounded by the number of threads times the memory of the largest hash.
#[must_use = "workers hash nothing until a hasher is started with them"]
pub struct Workers {
    pub(crate) count: NonZeroUsize,
    pub(crate) longest_wait: Duration,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) random: Box<dyn Random>,
}

impl Workers {
    /// One thread for each core that this process may use, and waits of at most two seconds.
    pub fn new() -> Self {
        Self {
            count: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            longest_wait: Duration::from_secs(2),
            clock: Box::new(SystemClock::new()),
            random: Box::new(OsRandom::new()),
        }
    }

    /// Sets the number of threads; fewer than the cores leaves some for everything else.
    pub const fn count(mut self, threads: NonZeroUsize) -> Self {
        self.count = threads;
        self
    }

    /// Sets how long a job may wait for a thread.
    ///
    /// The queue holds as much work as all threads do in this time: what would not fit is refused
    /// at once, and what has waited longer than this is refused instead of begun.
    pub const fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Measures waiting with another clock.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Draws salts from another source.
    pub fn with_random(mut self, random: impl Random) -> Self {
        self.random = Box::new(random);
        self
    }
}

impl Default for Workers {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers")
            .field("count", &self.count)
            .field("longest_wait", &self.longest_wait)
            .finish_non_exhaustive()
    }
}
