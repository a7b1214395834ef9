//! Reports that wait for the thread.

use std::backtrace::Backtrace;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Report, Tally};

/// A report whose stack is not read yet.
pub(super) struct Waiting {
    pub(super) report: Report,
    pub(super) backtrace: Option<Backtrace>,
}

/// Reports on their way, and what became of the others.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something waits, or nothing will come any more.
    work: Condvar,
    /// A report is settled.
    settled: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    taken: u64,
    settled: u64,
    tally: Tally,
    closed: bool,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        let (work, settled) = (Condvar::new(), Condvar::new());
        Self { state: Mutex::default(), work, settled, limit }
    }

    /// Takes a report or counts it as lost.
    pub(super) fn push(&self, waiting: Waiting) {
        let mut state = self.state();
        if state.waiting.len() >= self.limit {
            state.tally.queue_full = state.tally.queue_full.saturating_add(1);
            return;
        }
        state.waiting.push_back(waiting);
        state.taken = state.taken.saturating_add(1);
        drop(state);
        self.work.notify_one();
    }

    /// Waits for a report and takes it; nothing when none will come any more.
    pub(super) fn take(&self) -> Option<Waiting> {
        let mut state = self.state();
        loop {
            if let Some(waiting) = state.waiting.pop_front() {
                return Some(waiting);
            }
            if state.closed {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn settle(&self, sent: bool) {
        let mut state = self.state();
        state.settled = state.settled.saturating_add(1);
        let tally = &mut state.tally;
        if sent {
            tally.sent = tally.sent.saturating_add(1);
        } else {
            tally.failed = tally.failed.saturating_add(1);
        }
        drop(state);
        self.settled.notify_all();
    }

    pub(super) fn flush(&self, patience: Duration) -> bool {
        let state = self.state();
        let until = state.taken;
        let waited =
            self.settled.wait_timeout_while(state, patience, |state| state.settled < until);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.settled >= until
    }

    pub(super) fn tally(&self) -> Tally {
        self.state().tally
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.work.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
