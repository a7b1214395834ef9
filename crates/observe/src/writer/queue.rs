//! The queue: bytes under a lock, bounded.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Tally;

/// Lines that wait, and what became of the others.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something waits, or nothing will come any more.
    work: Condvar,
    /// A batch is settled.
    settled: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// Lines in `waiting`.
    lines: u64,
    /// Lines ever taken, and those of them that are written or lost.
    taken: u64,
    settled: u64,
    tally: Tally,
    closed: bool,
}

/// What the thread has to write.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    lines: u64,
    /// Lines ever lost for want of room.
    pub(super) queue_full: u64,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    pub(super) written: u64,
    pub(super) failed: u64,
    pub(super) io_errors: u64,
    pub(super) failing: bool,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        let (work, settled) = (Condvar::new(), Condvar::new());
        Self { state: Mutex::default(), work, settled, limit }
    }

    pub(super) fn push(&self, line: &[u8]) -> bool {
        let mut state = self.state();
        if state.waiting.len().saturating_add(line.len()) > self.limit {
            state.tally.queue_full = state.tally.queue_full.saturating_add(1);
            return false;
        }
        let idle = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        state.lines = state.lines.saturating_add(1);
        state.taken = state.taken.saturating_add(1);
        drop(state);
        if idle {
            self.work.notify_one();
        }
        true
    }

    /// Waits for lines and takes all; nothing when none will come any more.
    pub(super) fn take(&self, batch: &mut Batch) -> bool {
        batch.bytes.clear();
        let mut state = self.state();
        while state.waiting.is_empty() {
            if state.closed {
                return false;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut state.waiting, &mut batch.bytes);
        batch.lines = std::mem::take(&mut state.lines);
        batch.queue_full = state.tally.queue_full;
        true
    }

    pub(super) fn settle(&self, batch: &Batch, outcome: Outcome) {
        let mut state = self.state();
        state.settled = state.settled.saturating_add(batch.lines);
        let tally = &mut state.tally;
        tally.written = tally.written.saturating_add(outcome.written);
        tally.write_failed = tally.write_failed.saturating_add(outcome.failed);
        tally.io_errors = tally.io_errors.saturating_add(outcome.io_errors);
        tally.failing = outcome.failing;
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
