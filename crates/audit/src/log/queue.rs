//! Between those who record and the one who writes.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use super::batch::Batch;
use super::builder::WhenFull;
use super::company::Company;
use super::ticket::{Group, Ticket};
use crate::error::RecordError;
use crate::event::{Body, Severity};
use crate::note::Checkpoint;

/// The log's account: every event that was offered is stored, dropped or still in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Events that somebody wanted recorded, the log's own among them, from the beginning of the log on.
    pub offered: u64,
    /// Events in the log.
    pub stored: u64,
    /// Events that were not taken, or that could not be written.
    pub dropped: u64,
    /// Events that wait for the disk.
    pub queued: u64,
    /// Lines that a mirror did not take, of all mirrors together.
    pub unmirrored: u64,
    /// Checkpoints that could not be signed.
    pub unsigned: u64,
}

/// What is asked of the thread beside events.
#[derive(Debug)]
pub(super) enum Asked {
    Checkpoint(oneshot::Sender<Result<Checkpoint, RecordError>>),
    Close(oneshot::Sender<Result<(), RecordError>>),
}

/// What became of an event at the door.
#[derive(Debug)]
pub(super) enum Pushed {
    Queued(Ticket),
    Full,
    Refused(RecordError),
}

#[derive(Debug)]
pub(super) struct Queue {
    batch: Batch,
    group: Arc<Group>,
    asked: Vec<Asked>,
    latest: Checkpoint,
    stats: Stats,
    /// At how many events the thread wants to be woken a second time.
    expected: usize,
    /// Refused events that no checkpoint counts yet.
    refused: u64,
    broken: Option<RecordError>,
    closing: bool,
    ended: bool,
}

/// What the thread takes at once.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) batch: Batch,
    pub(super) group: Arc<Group>,
    pub(super) asked: Vec<Asked>,
    pub(super) refused: u64,
    pub(super) closing: bool,
}

pub(super) struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    /// Wakes threads that wait for room or for the end.
    moved: Condvar,
    room: Notify,
    /// Bytes that the queue holds.
    most: usize,
}

impl Shared {
    pub(super) fn new(latest: Checkpoint, stats: Stats, most: usize) -> Self {
        let queue = Queue {
            batch: Batch::default(),
            group: Arc::default(),
            asked: Vec::new(),
            latest,
            stats,
            expected: 0,
            refused: 0,
            broken: None,
            closing: false,
            ended: false,
        };
        let (work, moved) = (Condvar::new(), Condvar::new());
        Self { queue: Mutex::new(queue), work, moved, room: Notify::new(), most }
    }

    /// No thread panics while it holds the lock; if one did, its counts would still be whole.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event. `offered` says whether this is its first attempt.
    pub(super) fn push(
        &self,
        body: &Body,
        severity: Severity,
        full: WhenFull,
        offered: bool,
    ) -> Pushed {
        let mut queue = self.lock();
        self.push_locked(&mut queue, body, severity, full, offered)
    }

    fn push_locked(
        &self,
        queue: &mut Queue,
        body: &Body,
        severity: Severity,
        full: WhenFull,
        offered: bool,
    ) -> Pushed {
        let Queue { stats, .. } = queue;
        stats.offered = stats.offered.saturating_add(u64::from(offered));
        let refusal = if queue.closing { Some(RecordError::Closed) } else { queue.broken.clone() };
        if let Some(error) = refusal {
            queue.refuse(1);
            return Pushed::Refused(error);
        }
        let held = queue.batch.bodies.len();
        // What matters more may use as much room again.
        let most = if full.favours(severity) { self.most.saturating_mul(2) } else { self.most };
        if held > 0 && held.saturating_add(body.0.len()) > most {
            return Pushed::Full;
        }
        let index = queue.batch.ends.len();
        queue.batch.push(body);
        queue.stats.queued = queue.stats.queued.saturating_add(1);
        if index == 0 || queue.batch.ends.len() == queue.expected {
            self.work.notify_one();
        }
        Pushed::Queued(Ticket::new(Arc::clone(&queue.group), index))
    }

    /// Queues an event, holding the thread until there is room.
    pub(super) fn push_or_wait(
        &self,
        body: &Body,
        severity: Severity,
        full: WhenFull,
        wait: Option<Duration>,
    ) -> Pushed {
        let mut queue = self.lock();
        let mut pushed = self.push_locked(&mut queue, body, severity, full, true);
        let Some(wait) = wait.filter(|_| matches!(pushed, Pushed::Full)) else {
            if matches!(pushed, Pushed::Full) {
                queue.refuse(1);
            }
            return pushed;
        };
        let waited = self.moved.wait_timeout_while(queue, wait, |queue| {
            pushed = self.push_locked(queue, body, severity, full, false);
            matches!(pushed, Pushed::Full)
        });
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if matches!(pushed, Pushed::Full) {
            queue.refuse(1);
        }
        pushed
    }

    /// Resolves when there may be room.
    pub(super) fn room(&self) -> Notified<'_> {
        self.room.notified()
    }

    /// Counts events that were not taken.
    pub(super) fn refuse(&self, count: u64) {
        self.lock().refuse(count);
    }

    pub(super) fn ask(&self, asked: Asked) {
        let mut queue = self.lock();
        if queue.ended {
            // Dropping it answers.
            return;
        }
        queue.closing |= matches!(asked, Asked::Close(_));
        queue.asked.push(asked);
        self.work.notify_one();
    }

    pub(super) fn latest(&self) -> Checkpoint {
        self.lock().latest.clone()
    }

    pub(super) fn stats(&self) -> Stats {
        self.lock().stats
    }

    /// Waits for work, no longer than `patience`, and takes all of it; `spare` takes what comes next.
    ///
    /// Who has just been answered often comes back at once: if events come, their company is waited for.
    pub(super) fn take(&self, patience: Duration, spare: Batch, company: Company) -> Work {
        let waited = self.work.wait_timeout_while(self.lock(), patience, |queue| {
            queue.batch.ends.is_empty() && queue.asked.is_empty() && !queue.closing
        });
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (events, wait) = (company.events(), company.wait());
        if !queue.batch.ends.is_empty() && !wait.is_zero() {
            queue.expected = events;
            let waited = self.work.wait_timeout_while(queue, wait, |queue| {
                queue.batch.ends.len() < events && queue.asked.is_empty() && !queue.closing
            });
            (queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
            queue.expected = 0;
        }
        let work = Work {
            batch: mem::replace(&mut queue.batch, spare),
            group: mem::take(&mut queue.group),
            asked: mem::take(&mut queue.asked),
            refused: mem::take(&mut queue.refused),
            closing: queue.closing,
        };
        drop(queue);
        self.room.notify_waiters();
        self.moved.notify_all();
        work
    }

    /// Returns how many events have come since the last batch was taken.
    pub(super) fn waiting(&self) -> usize {
        self.lock().batch.ends.len()
    }

    /// Counts what became of a batch and of what the log wrote of itself.
    pub(super) fn count(&self, queued: u64, stored: u64, dropped: u64) {
        let mut queue = self.lock();
        let Queue { stats, .. } = &mut *queue;
        stats.queued = stats.queued.saturating_sub(queued);
        // The log's own events were offered by nobody else.
        let own = stored.saturating_add(dropped).saturating_sub(queued);
        stats.offered = stats.offered.saturating_add(own);
        stats.stored = stats.stored.saturating_add(stored);
        stats.dropped = stats.dropped.saturating_add(dropped);
    }

    pub(super) fn sealed(&self, latest: Checkpoint) {
        self.lock().latest = latest;
    }

    pub(super) fn unsigned(&self) {
        let mut queue = self.lock();
        queue.stats.unsigned = queue.stats.unsigned.saturating_add(1);
    }

    /// Refuses events with that error from now on; takes them again with `None`.
    pub(super) fn set_broken(&self, broken: Option<RecordError>) {
        self.lock().broken = broken;
        self.room.notify_waiters();
        self.moved.notify_all();
    }

    /// Says that the thread is gone; what is left in the queue is dropped.
    pub(super) fn end(&self) {
        let mut queue = self.lock();
        queue.closing = true;
        queue.ended = true;
        let left = u64::try_from(mem::take(&mut queue.batch).ends.len()).unwrap_or(u64::MAX);
        let group = mem::take(&mut queue.group);
        queue.asked.clear();
        queue.stats.queued = queue.stats.queued.saturating_sub(left);
        queue.stats.dropped = queue.stats.dropped.saturating_add(left);
        drop(queue);
        group.finish(Err(RecordError::Closed));
        self.room.notify_waiters();
        self.moved.notify_all();
    }

    pub(super) fn close_and_wait(&self, patience: Duration) {
        let mut queue = self.lock();
        queue.closing = true;
        self.work.notify_one();
        drop(self.moved.wait_timeout_while(queue, patience, |queue| !queue.ended));
    }
}

impl Queue {
    const fn refuse(&mut self, count: u64) {
        self.refused = self.refused.saturating_add(count);
        self.stats.dropped = self.stats.dropped.saturating_add(count);
    }
}
