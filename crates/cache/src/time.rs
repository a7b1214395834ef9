//! Time in the unit in which entries expire.

use std::io;
use std::sync::{Arc, Weak};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use palisade_core::{Clock, SystemClock};

use std::sync::atomic::{AtomicU32, Ordering};

/// Milliseconds of a tick: a 32-bit count of them tells two years of a process's life.
const TICK_MILLIS: u64 = 16;
pub(crate) const TICK_MICROS: u64 = TICK_MILLIS * 1000;
/// The shortest life of an entry.
pub(crate) const SHORTEST: Duration = Duration::from_millis(TICK_MILLIS);
/// The longest.
pub(crate) const LONGEST: Duration = Duration::from_hours(365 * 24);

/// Returns the whole ticks in a length of time.
pub(crate) fn ticks(duration: Duration) -> u32 {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    u32::try_from(millis / TICK_MILLIS).unwrap_or(u32::MAX)
}

/// Returns the length of so many ticks.
pub(crate) fn length(ticks: u32) -> Duration {
    Duration::from_millis(u64::from(ticks).saturating_mul(TICK_MILLIS))
}

/// A thread that counts ticks of 16 ms, so that a read of a cache costs no clock read.
///
/// Caches that share it (a clone is the same ticker) expire entries late by a tick, and by as much as
/// the thread is late. It ends with its last clone.
///
/// # Example
///
/// ```
/// use palisade_cache::{Cache, Ticker};
///
/// let ticker = Ticker::start()?;
/// let users = Cache::<u64, String>::builder("users").ticker(&ticker).entries(10_000)?.build();
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Ticker {
    shared: Arc<Shared>,
    _thread: Arc<Wake>,
}

struct Shared {
    count: AtomicU32,
    watch: Watch,
}

/// Wakes the thread when the last handle is gone, so that it ends at once.
struct Wake(Thread);

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// What the system says when it gives no thread.
    pub fn start() -> io::Result<Self> {
        let watch = Watch::new(Arc::new(SystemClock::new()));
        let shared = Arc::new(Shared { count: AtomicU32::new(0), watch });
        let weak = Arc::downgrade(&shared);
        let thread = thread::Builder::new()
            .name("palisade-cache-ticker".to_owned())
            .spawn(move || run(&weak))?;
        Ok(Self { shared, _thread: Arc::new(Wake(thread.thread().clone())) })
    }

    #[inline]
    fn count(&self) -> u32 {
        self.shared.count.load(Ordering::Relaxed)
    }
}

fn run(shared: &Weak<Shared>) {
    while let Some(shared) = shared.upgrade() {
        shared.count.store(shared.watch.count(), Ordering::Relaxed);
        drop(shared);
        thread::park_timeout(SHORTEST);
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.unpark();
    }
}

impl std::fmt::Debug for Ticker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticker").field("ticks", &self.count()).finish_non_exhaustive()
    }
}

/// A clock that is asked, and when that began.
#[derive(Clone)]
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    start: Instant,
}

impl Watch {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let start = clock.now();
        Self { clock, start }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count_at(self.now())
    }

    /// Returns the ticks up to a moment.
    pub(crate) fn count_at(&self, moment: Instant) -> u32 {
        ticks(moment.saturating_duration_since(self.start))
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }
}

/// What a cache goes by.
#[derive(Clone)]
pub(crate) struct Time {
    pub(crate) watch: Watch,
    pub(crate) ticker: Option<Ticker>,
}

impl Time {
    /// Returns the ticks since the beginning. After two years it stands still at its last tick,
    /// at which nothing is fresh.
    #[inline]
    pub(crate) fn now(&self) -> u32 {
        match &self.ticker {
            Some(ticker) => ticker.count(),
            None => self.watch.count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::ManualClock;

    use super::*;

    #[test]
    fn whole_ticks_are_counted_and_never_more_than_have_passed() {
        let clock = ManualClock::new();
        let watch = Watch::new(Arc::new(clock.clone()));
        let time = Time { watch, ticker: None };
        assert_eq!(time.now(), 0);
        clock.advance(Duration::from_millis(31));
        assert_eq!(time.now(), 1);
        clock.advance(Duration::from_millis(1));
        assert_eq!(time.now(), 2);
        assert_eq!((ticks(Duration::MAX), length(2)), (u32::MAX, Duration::from_millis(32)));
    }

    #[test]
    fn the_thread_ends_with_the_last_handle() {
        let ticker = Ticker::start().unwrap();
        let weak = Arc::downgrade(&ticker.shared);
        let clone = ticker.clone();
        drop(ticker);
        assert!(weak.upgrade().is_some());
        drop(clone);
        // The thread may hold it for the length of one tick.
        let begin = SystemClock::new().now();
        while weak.upgrade().is_some() {
            assert!(begin.elapsed() < Duration::from_secs(10), "the ticker lives on");
            thread::yield_now();
        }
    }
}
