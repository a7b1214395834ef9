//! Reports that wait for the thread.

use std::backtrace::Backtrace;
use std::collections::VecDeque;
use std::time::Duration;

use super::{Report, Tally};
use crate::handoff::{Handoff, Load};

/// A report whose stack is not read yet.
pub(super) struct Waiting {
    pub(super) report: Report,
    pub(super) backtrace: Option<Backtrace>,
}

/// Reports on their way, and what became of the others.
pub(super) struct Queue {
    reports: Handoff<Reports>,
    limit: usize,
}

#[derive(Default)]
struct Reports {
    waiting: VecDeque<Waiting>,
    tally: Tally,
}

impl Load for Reports {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self { reports: Handoff::new(), limit }
    }

    /// Takes a report or counts it as lost.
    pub(super) fn push(&self, waiting: Waiting) {
        self.reports.add(|reports| {
            if reports.waiting.len() >= self.limit {
                reports.tally.queue_full = reports.tally.queue_full.saturating_add(1);
                return false;
            }
            reports.waiting.push_back(waiting);
            true
        });
    }

    /// Waits for a report and takes it; nothing when none will come any more.
    pub(super) fn take(&self) -> Option<Waiting> {
        self.reports.take(|reports| reports.waiting.pop_front()).flatten()
    }

    pub(super) fn settle(&self, sent: bool) {
        self.reports.settle(1, |reports| {
            let tally = &mut reports.tally;
            if sent {
                tally.sent = tally.sent.saturating_add(1);
            } else {
                tally.failed = tally.failed.saturating_add(1);
            }
        });
    }

    pub(super) fn flush(&self, patience: Duration) -> bool {
        self.reports.flush(patience)
    }

    pub(super) fn tally(&self) -> Tally {
        self.reports.read(|reports| reports.tally)
    }

    pub(super) fn close(&self) {
        self.reports.close();
    }
}
