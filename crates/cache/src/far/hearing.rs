//! What a process has heard of the invalidations of all.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use palisade_core::Clock;
use tokio::sync::watch;

use crate::envelope::Mark;
use crate::eras::Eras;
use crate::time::{Watch, ticks};

/// Hears announcements, in order, and how complete they are.
pub(super) struct Hearing {
    pub(super) eras: Arc<Eras>,
    pub(super) watch: Watch,
    /// The name of this process among those that announce.
    pub(super) origin: [u8; 16],
    staleness: u32,
    /// The first tick at which what is in memory may be too old.
    sure_until: AtomicU32,
    heard: Mutex<Option<Mark>>,
    /// What the store's clock said, and when that was heard.
    clock: Mutex<Option<(u64, Instant)>>,
    pub(super) announcements: AtomicU64,
    pub(super) flushes: AtomicU64,
    /// Wakes who waits until the store is heard.
    beats: watch::Sender<u64>,
}

impl Hearing {
    pub(super) fn new(
        eras: Arc<Eras>,
        clock: Arc<dyn Clock>,
        origin: [u8; 16],
        staleness: Duration,
    ) -> Self {
        Self {
            eras,
            watch: Watch::new(clock),
            origin,
            staleness: ticks(staleness),
            sure_until: AtomicU32::new(0),
            heard: Mutex::new(None),
            clock: Mutex::new(None),
            announcements: AtomicU64::new(0),
            flushes: AtomicU64::new(0),
            beats: watch::Sender::new(0),
        }
    }

    /// Returns the last era that was heard of: what is loaded from now on is of no earlier one.
    pub(super) fn token(&self) -> Option<Mark> {
        *self.heard()
    }

    /// Says whether what came into memory at a tick may be served: it is complete, or young enough.
    pub(super) fn vouches_for(&self, born: u32) -> bool {
        let now = self.watch.count();
        now < self.sure_until.load(Ordering::SeqCst) || now < born.saturating_add(self.staleness)
    }

    pub(super) fn is_sure(&self) -> bool {
        self.watch.count() < self.sure_until.load(Ordering::SeqCst)
    }

    pub(super) fn beats(&self) -> watch::Receiver<u64> {
        self.beats.subscribe()
    }

    fn announced(&self, mark: Mark, origin: &[u8; 16], slots: &[u16]) {
        self.announcements.fetch_add(1, Ordering::Relaxed);
        let mut heard = self.heard();
        match heard.as_mut() {
            Some(last) if last.id == mark.id && mark.era <= last.era => {}
            Some(last) if last.id == mark.id && mark.era == last.era.saturating_add(1) => {
                // Its own process has ended them before and after it told the store.
                if *origin != self.origin {
                    for slot in slots {
                        self.eras.end_tag(u64::from(*slot));
                    }
                }
                last.era = mark.era;
            }
            _ => {
                self.flush();
                *heard = Some(mark);
            }
        }
    }

    /// Hears of an era that this process began itself, and whose slots it ends itself.
    pub(super) fn began(&self, mark: Mark) {
        if let Some(last) = self.heard().as_mut()
            && last.id == mark.id
            && mark.era == last.era.saturating_add(1)
        {
            last.era = mark.era;
        }
    }

    /// Hears that the store was in that era after the moment at which it was asked.
    fn marked(&self, asked: Instant, mark: Mark, now: u64) {
        *lock(&self.clock) = Some((now, self.watch.now()));
        let mut heard = self.heard();
        let complete = heard.is_some_and(|last| last.id == mark.id && last.era >= mark.era);
        if !complete {
            // What was announced meanwhile is lost, or this is the beginning.
            self.flush();
            *heard = Some(mark);
        }
        drop(heard);
        let until = self.watch.count_at(asked).saturating_add(self.staleness);
        self.sure_until.fetch_max(until, Ordering::SeqCst);
        self.beats.send_modify(|beats| *beats = beats.wrapping_add(1));
    }

    pub(super) fn flush(&self) {
        self.flushes.fetch_add(1, Ordering::Relaxed);
        self.eras.end_all();
    }

    /// Returns the time of the store's clock: at the most what it says now.
    pub(super) fn store_time(&self) -> Option<u64> {
        let (now, at) = (*lock(&self.clock))?;
        let passed = self.watch.now().saturating_duration_since(at);
        Some(now.saturating_add(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)))
    }

    fn heard(&self) -> MutexGuard<'_, Option<Mark>> {
        lock(&self.heard)
    }
}

/// Nothing panics while it holds one of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a store tells what it announces; a clone is the same ear.
#[derive(Clone)]
pub struct Ear {
    hearing: Weak<Hearing>,
}

impl Ear {
    pub(super) fn new(hearing: &Arc<Hearing>) -> Self {
        Self { hearing: Arc::downgrade(hearing) }
    }

    /// Hears that an era began, in which those slots were noted by that process.
    pub fn announced(&self, mark: Mark, origin: &[u8; 16], slots: &[u16]) {
        if let Some(hearing) = self.hearing.upgrade() {
            hearing.announced(mark, origin, slots);
        }
    }

    /// Hears that something was announced that cannot be read.
    pub fn missed(&self) {
        if let Some(hearing) = self.hearing.upgrade() {
            hearing.flush();
        }
    }

    /// Hears which era it was after the moment at which the store was asked, and the milliseconds of
    /// the store's clock; what was announced before the answer must have been told before.
    pub fn marked(&self, asked: Instant, mark: Mark, now: u64) {
        if let Some(hearing) = self.hearing.upgrade() {
            hearing.marked(asked, mark, now);
        }
    }

    /// Returns the moment.
    #[must_use]
    pub fn now(&self) -> Option<Instant> {
        self.hearing.upgrade().map(|hearing| hearing.watch.now())
    }
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ear").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use palisade_core::ManualClock;

    use super::*;

    fn hearing() -> (ManualClock, Arc<Hearing>) {
        let (clock, eras) = (ManualClock::new(), Arc::new(Eras::new(NonZeroUsize::MIN)));
        let bound = Duration::from_secs(2);
        let hearing = Hearing::new(eras, Arc::new(clock.clone()), [0; 16], bound);
        (clock, Arc::new(hearing))
    }

    #[test]
    fn what_is_announced_and_cannot_be_read_ends_everything() {
        let (_, hearing) = hearing();
        let began = hearing.eras.begin();
        assert!(hearing.eras.hold(began, &[]));
        Ear::new(&hearing).missed();
        assert!(!hearing.eras.hold(began, &[]));
    }

    #[test]
    fn the_bound_begins_when_the_store_was_asked() {
        let (clock, hearing) = hearing();
        let asked = hearing.watch.now();
        clock.advance(Duration::from_millis(1500));
        hearing.marked(asked, Mark::new([1; 16], 7), 0);
        clock.advance(Duration::from_millis(400));
        assert!(hearing.is_sure() && hearing.vouches_for(0));
        clock.advance(Duration::from_millis(100));
        assert!(!hearing.is_sure() && !hearing.vouches_for(0));
    }
}
