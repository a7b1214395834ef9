//! How much waits, and how often and how long.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

/// Bounds of an [`Outbox`](crate::reset::Outbox).
///
/// By default 1,000 jobs and mails, two threads, five tries, a second after the first and twice as
/// long after each following, up to a minute.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct OutboxSettings {
    pub(super) capacity: usize,
    pub(super) threads: NonZeroUsize,
    pub(super) tries: NonZeroU32,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
}

impl OutboxSettings {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            capacity: 1000,
            threads: NonZeroUsize::MIN.saturating_add(1),
            tries: NonZeroU32::MIN.saturating_add(4),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(1),
        }
    }

    /// Lets that many jobs and mails wait, be delivered or wait for another try; more are refused.
    pub const fn capacity(mut self, jobs: usize) -> Self {
        self.capacity = jobs;
        self
    }

    /// Works on that many threads: a slow server holds up that many mails at once.
    pub const fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// Tries each job so often in all.
    pub const fn tries(mut self, tries: NonZeroU32) -> Self {
        self.tries = tries;
        self
    }

    /// Waits so long after the first try, and at most so long after a later one.
    pub const fn waits(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// The wait after that many tries: doubled each time, up to the longest.
    pub(super) fn wait_after(&self, tries: u32) -> Duration {
        let doublings = tries.saturating_sub(1).min(31);
        self.first_wait.saturating_mul(1_u32 << doublings).min(self.longest_wait)
    }
}

impl Default for OutboxSettings {
    fn default() -> Self {
        Self::new()
    }
}
