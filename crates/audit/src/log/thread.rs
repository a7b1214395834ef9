//! The thread that writes.

use std::fs::File;
use std::io;
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use palisade_core::Clock;
use tokio::sync::oneshot;

use super::batch::{Batch, CommitError, Committed};
use super::company::Company;
use super::mirror::{Mirror, Progress, Records};
use super::queue::{Asked, Shared, Work};
use super::writer::Writer;
use crate::count;
use crate::error::RecordError;

/// How long a full disk is left alone.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) struct Loop {
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) writer: Writer,
    pub(super) mirrors: Vec<Mirror>,
    pub(super) progress: Vec<Arc<Progress>>,
    pub(super) checkpoint_every: Duration,
    /// Keeps other processes away as long as it is open.
    #[expect(dead_code, reason = "held, not read")]
    pub(super) lock: Option<File>,
}

/// Tells everybody that the thread is gone, whatever ended it.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

pub(super) fn start(mut task: Loop) -> io::Result<()> {
    let end = End(Arc::clone(&task.shared));
    thread::Builder::new()
        .name("palisade-audit".to_owned())
        .spawn(move || {
            let closed = task.run();
            // The folder is free before anybody hears of the end.
            drop(task);
            for (answer, result) in closed {
                // Who asked may have gone.
                let _ = answer.send(result);
            }
            drop(end);
        })
        .map(drop)
}

impl Loop {
    /// Works until the log is closed; returns who asked for that and what they are to hear.
    pub(super) fn run(&mut self) -> Vec<Answer<()>> {
        let mut signed = self.clock.now();
        let (mut spare, mut company) = (Batch::default(), Company::default());
        let (mut tried, mut asked_again) = (signed, signed);
        // A required mirror that fails now fails again with the first event.
        let _ = self.mirror(0);
        loop {
            let work = self.shared.take(self.patience(), mem::take(&mut spare), company);
            let Work { batch, group, asked, refused, closing } = work;
            self.writer.lose(refused);
            let bytes = batch.bodies.len();
            if !batch.ends.is_empty() {
                let queued = u64::try_from(batch.ends.len()).unwrap_or(u64::MAX);
                let before = self.clock.now();
                let result = self.commit(queued, |writer, now| writer.commit(&batch, now));
                let took = passed(before, self.clock.now());
                company = company.after(batch.ends.len(), self.shared.waiting(), took);
                group.finish(result);
            }
            spare = batch;
            spare.reset();
            let now = self.clock.now();
            if self.writer.is_full() && passed(tried, now) >= AGAIN {
                tried = now;
                self.own(Writer::resume);
                if !self.writer.is_full() {
                    self.shared.set_broken(None);
                }
            }
            if self.is_behind() && passed(asked_again, now) >= AGAIN {
                asked_again = now;
                // Who was to hear of an error has heard of it.
                let _ = self.mirror(self.writer.size());
            }
            let wanted = closing || !asked.is_empty();
            if closing {
                self.own(|writer, now| {
                    // What could not be signed is counted below.
                    let _ = writer.close(now);
                });
            }
            if wanted || passed(signed, now) >= self.checkpoint_every {
                signed = now;
                self.sign();
            }
            self.show(bytes);
            let closed = self.answer(asked);
            if closing {
                return closed;
            }
        }
    }

    /// How long to wait for work: not at all past what is due.
    fn patience(&self) -> Duration {
        let lags = self.progress.iter().any(|progress| progress.lags(self.writer.size()));
        if self.writer.is_changed() || self.writer.is_full() || lags {
            self.checkpoint_every.min(AGAIN)
        } else {
            Duration::from_mins(1)
        }
    }

    /// Says how the log and its mirrors stand.
    fn show(&self, bytes: usize) {
        let stats = self.shared.stats();
        count::account(&stats, bytes, self.writer.records());
        for progress in &self.progress {
            count::mirror(&progress.stats(stats.stored));
        }
    }

    /// Runs what may write events of the log itself, and counts them.
    fn own(&mut self, act: impl FnOnce(&mut Writer, std::time::SystemTime)) {
        let before = self.writer.size();
        act(&mut self.writer, self.clock.wall());
        let stored = self.writer.size().saturating_sub(before);
        self.shared.count(0, stored, 0);
        let _ = self.mirror(before);
    }

    fn commit(
        &mut self,
        queued: u64,
        act: impl FnOnce(&mut Writer, std::time::SystemTime) -> Result<Committed, CommitError>,
    ) -> Result<Arc<Committed>, RecordError> {
        let before = self.writer.size();
        let result = act(&mut self.writer, self.clock.wall());
        let stored = self.writer.size().saturating_sub(before);
        let dropped = if result.is_ok() { 0 } else { queued };
        self.shared.count(queued, stored, dropped);
        let first = result.as_ref().map_or(before, |committed| committed.first);
        let mirrored = self.mirror(first);
        match result {
            Ok(committed) => mirrored.map(|()| Arc::new(committed)),
            Err(error) => {
                let error = match error {
                    CommitError::Full => RecordError::DiskFull,
                    CommitError::Broken(error) => RecordError::Broken(error),
                };
                tracing::error!(%error, "the audit log does not record");
                self.shared.set_broken(Some(error.clone()));
                Err(error)
            }
        }
    }

    fn sign(&mut self) {
        let before = self.writer.size();
        let signed = self.writer.checkpoint(self.clock.wall());
        self.shared.count(0, self.writer.size().saturating_sub(before), 0);
        let _ = self.mirror(before);
        match signed {
            Ok(()) => self.shared.sealed(self.writer.latest().clone()),
            Err(error) => {
                tracing::error!(%error, "the audit log cannot sign a checkpoint");
                self.shared.unsigned();
            }
        }
    }

    /// Says whether a required mirror lacks what it could be given again.
    fn is_behind(&self) -> bool {
        self.mirrors.iter().any(|mirror| mirror.is_behind(self.writer.size()))
    }

    /// Gives mirrors what was written since the last time, and what they have missed.
    fn mirror(&mut self, first: u64) -> Result<(), RecordError> {
        let Some(outbox) = self.writer.outbox.as_mut() else { return Ok(()) };
        let lines: Arc<[u8]> = Arc::from(mem::take(outbox));
        let end = self.writer.size();
        let begin = Records::new(&lines).iter().next().map_or(end, |(seq, _)| seq);
        let mut result = Ok(());
        for mirror in &mut self.mirrors {
            if lines.is_empty() && !mirror.is_behind(end) {
                continue;
            }
            if let Err(error) = mirror.give(begin, &lines, end) {
                let (mirror, reason) = (mirror.name(), Arc::from(error.to_string()));
                result = Err(RecordError::Mirror { seq: first, mirror, reason });
            }
        }
        result
    }

    fn answer(&self, asked: Vec<Asked>) -> Vec<Answer<()>> {
        let whole = !self.writer.is_changed();
        let failed = || RecordError::Broken(Arc::new(io::Error::other("no checkpoint was signed")));
        let mut closed = Vec::new();
        for asked in asked {
            match asked {
                Asked::Checkpoint(answer) => {
                    let latest =
                        if whole { Ok(self.writer.latest().clone()) } else { Err(failed()) };
                    // Who asked may have gone.
                    let _ = answer.send(latest);
                }
                Asked::Close(answer) => {
                    closed.push((answer, if whole { Ok(()) } else { Err(failed()) }));
                }
            }
        }
        closed
    }
}

/// Somebody who waits, and what they are to hear.
pub(super) type Answer<T> = (oneshot::Sender<Result<T, RecordError>>, Result<T, RecordError>);

fn passed(since: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(since)
}
