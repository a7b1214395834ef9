//! How far a mirror has come.

use std::sync::atomic::{AtomicU64, Ordering};

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
    missed: AtomicU64,
    failures: AtomicU64,
}

impl Progress {
    pub(super) fn new(name: &'static str, required: Required) -> Self {
        let (missed, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { name, required, next: watch::Sender::new(0), missed, failures }
    }

    pub(super) fn has(&self, end: u64) {
        self.next.send_replace(end);
    }

    /// Counts events that it will never have, up to what it has now or will be given next.
    pub(super) fn missed(&self, events: u64) {
        self.missed.fetch_add(events, Ordering::Relaxed);
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
