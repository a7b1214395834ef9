//! What callers hand to one thread, and who waits for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is handed over.
pub(crate) trait Load: Default {
    fn is_empty(&self) -> bool;
}

/// A load under a lock: many add to it, one thread takes from it, anybody waits until what was added so
/// far is settled.
pub(crate) struct Handoff<L> {
    state: Mutex<State<L>>,
    /// Something waits, or nothing will come any more.
    work: Condvar,
    /// Something is settled.
    settled: Condvar,
}

#[derive(Default)]
struct State<L> {
    load: L,
    /// Pieces ever taken in, and those of them that are done or lost.
    taken: u64,
    settled: u64,
    closed: bool,
}

impl<L: Load> Handoff<L> {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), work: Condvar::new(), settled: Condvar::new() }
    }

    /// Adds one piece, unless `add` says that it did not.
    pub(crate) fn add(&self, add: impl FnOnce(&mut L) -> bool) -> bool {
        let mut state = self.state();
        let idle = state.load.is_empty();
        if !add(&mut state.load) {
            return false;
        }
        state.taken = state.taken.saturating_add(1);
        drop(state);
        if idle {
            self.work.notify_one();
        }
        true
    }

    /// Waits for a load and takes of it; nothing when none will come any more.
    pub(crate) fn take<T>(&self, take: impl FnOnce(&mut L) -> T) -> Option<T> {
        let mut state = self.state();
        while state.load.is_empty() {
            if state.closed {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Some(take(&mut state.load))
    }

    /// Notes what became of so many pieces.
    pub(crate) fn settle(&self, pieces: u64, note: impl FnOnce(&mut L)) {
        let mut state = self.state();
        state.settled = state.settled.saturating_add(pieces);
        note(&mut state.load);
        drop(state);
        self.settled.notify_all();
    }

    /// Waits until all that was added so far is settled; says whether it is.
    pub(crate) fn flush(&self, patience: Duration) -> bool {
        let state = self.state();
        let until = state.taken;
        let waited =
            self.settled.wait_timeout_while(state, patience, |state| state.settled < until);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.settled >= until
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&L) -> T) -> T {
        read(&self.state().load)
    }

    /// Lets the thread end once it has taken all.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.work.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
