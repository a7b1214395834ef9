//! How far a mirror has come.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

use super::Required;

/// How far a mirror has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MirrorStats {
    /// Its name.
    pub name: &'static str,
    /// Whether events count as recorded without it.
    pub required: Required,
    /// Events of the log that it has not been given.
    pub lag: u64,
    /// Events that it will never be given.
    pub missed: u64,
    /// How often it failed.
    pub failures: u64,
}

#[derive(Debug)]
pub(crate) struct Progress {
    name: &'static str,
    required: Required,
    /// The first event that it does not have.
    next: watch::Sender<u64>,
    /// Whether it can be given what it has missed: until it says that it cannot.
    remembers: AtomicBool,
    /// Events that found no room, since it last said where it stands.
    passed_over: AtomicU64,
    missed: AtomicU64,
    failures: AtomicU64,
}

impl Progress {
    pub(super) fn new(name: &'static str, required: Required) -> Self {
        let [passed_over, missed, failures] = [const { AtomicU64::new(0) }; 3];
        let (next, remembers) = (watch::Sender::new(0), AtomicBool::new(true));
        Self { name, required, next, remembers, passed_over, missed, failures }
    }

    pub(super) fn has(&self, end: u64) {
        self.next.send_replace(end);
    }

    /// Counts events that it will never have, up to what it has now or will be given next.
    pub(super) fn missed(&self, events: u64) {
        self.missed.fetch_add(events, Ordering::Relaxed);
    }

    /// Counts events that found no room: missed, unless it can be given them from the files.
    pub(super) fn passed_over(&self, events: u64) {
        self.passed_over.fetch_add(events, Ordering::SeqCst);
        self.settle();
    }

    /// Notes what it answered when it was asked where it stands.
    pub(super) fn answered(&self, remembers: bool) {
        if remembers {
            // It is given what is behind that, whatever found room.
            self.passed_over.store(0, Ordering::SeqCst);
        } else {
            self.remembers.store(false, Ordering::SeqCst);
            self.settle();
        }
    }

    pub(super) fn remembers(&self) -> bool {
        self.remembers.load(Ordering::SeqCst)
    }

    /// Of two threads, one that passes it over and one that hears that it forgets, at least one sees the other.
    fn settle(&self) {
        if !self.remembers() {
            self.missed(self.passed_over.swap(0, Ordering::SeqCst));
        }
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn lags(&self, stored: u64) -> bool {
        *self.next.borrow() < stored
    }

    pub(crate) fn unmirrored(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    pub(crate) fn stats(&self, stored: u64) -> MirrorStats {
        MirrorStats {
            name: self.name,
            required: self.required,
            lag: stored.saturating_sub(*self.next.borrow()),
            missed: self.unmirrored(),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }

    /// Waits until it has what is before that event.
    pub(crate) async fn reaches(&self, end: u64) {
        // The sender is here.
        let _ = self.next.subscribe().wait_for(|next| *next >= end).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_found_no_room_is_missed_by_who_forgets_and_not_by_who_is_given_it() {
        let progress = Progress::new("mirror", Required::No);
        progress.passed_over(5);
        assert_eq!(progress.unmirrored(), 0, "it may remember");
        progress.answered(true);
        progress.passed_over(2);
        progress.answered(false);
        assert_eq!(progress.unmirrored(), 2, "what came after it last said where it stands");
        progress.passed_over(1);
        assert_eq!(progress.unmirrored(), 3);
    }
}
