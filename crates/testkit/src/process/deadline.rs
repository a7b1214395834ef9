//! Waiting for real processes, which know no injected clock.

use std::thread;
use std::time::{Duration, Instant};

/// The moment until which something is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Option<Instant>,
}

impl Deadline {
    #[expect(clippy::disallowed_methods, reason = "a real process runs by the machine's clock")]
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now().checked_add(limit) }
    }

    /// Returns how long is left, zero when it has passed.
    #[expect(clippy::disallowed_methods, reason = "a real process runs by the machine's clock")]
    pub(crate) fn left(self) -> Duration {
        self.at.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn has_passed(self) -> bool {
        self.left().is_zero()
    }
}

/// Asks again and again until the answer is `Some` or the limit has passed.
pub(crate) fn poll_until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Deadline::after(limit);
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if deadline.has_passed() {
            return None;
        }
        thread::sleep(pause.min(deadline.left()));
        pause = pause.saturating_mul(2).min(Duration::from_millis(20));
    }
}
