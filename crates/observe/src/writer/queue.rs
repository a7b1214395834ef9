//! The queue: bytes under a lock, bounded.

use std::time::Duration;

use super::Tally;
use crate::handoff::{Handoff, Load};

/// Lines that wait, and what became of the others.
pub(super) struct Queue {
    lines: Handoff<Waiting>,
    limit: usize,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Lines in `bytes`.
    lines: u64,
    tally: Tally,
}

impl Load for Waiting {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
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
        Self { lines: Handoff::new(), limit }
    }

    pub(super) fn push(&self, line: &[u8]) -> bool {
        self.lines.add(|waiting| {
            if waiting.bytes.len().saturating_add(line.len()) > self.limit {
                waiting.tally.queue_full = waiting.tally.queue_full.saturating_add(1);
                return false;
            }
            waiting.bytes.extend_from_slice(line);
            waiting.lines = waiting.lines.saturating_add(1);
            true
        })
    }

    /// Waits for lines and takes all; nothing when none will come any more.
    pub(super) fn take(&self, batch: &mut Batch) -> bool {
        batch.bytes.clear();
        let taken = self.lines.take(|waiting| {
            std::mem::swap(&mut waiting.bytes, &mut batch.bytes);
            batch.lines = std::mem::take(&mut waiting.lines);
            batch.queue_full = waiting.tally.queue_full;
        });
        taken.is_some()
    }

    pub(super) fn settle(&self, batch: &Batch, outcome: Outcome) {
        self.lines.settle(batch.lines, |waiting| {
            let tally = &mut waiting.tally;
            tally.written = tally.written.saturating_add(outcome.written);
            tally.write_failed = tally.write_failed.saturating_add(outcome.failed);
            tally.io_errors = tally.io_errors.saturating_add(outcome.io_errors);
            tally.failing = outcome.failing;
        });
    }

    pub(super) fn flush(&self, patience: Duration) -> bool {
        self.lines.flush(patience)
    }

    pub(super) fn tally(&self) -> Tally {
        self.lines.read(|waiting| waiting.tally)
    }

    pub(super) fn close(&self) {
        self.lines.close();
    }
}
