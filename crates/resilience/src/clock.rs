//! The clock that agrees with the runtime's timers.

use std::time::{Instant, SystemTime};

use palisade_core::{Clock, SystemClock};

/// The clock of the tokio runtime, the one its timers go by.
///
/// In production it is the [`SystemClock`]. Where a test has paused tokio's time it stands still and
/// jumps with it, so that a deadline and the timer that enforces it never disagree.
///
/// # Cost
///
/// One clock read and no allocation for each question.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RuntimeClock;

impl RuntimeClock {
    /// Returns the clock; it holds nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemClock::new().wall()
    }
}
