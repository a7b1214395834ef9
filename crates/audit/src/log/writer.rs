//! The one who writes: a batch, its hashes, a checkpoint now and then.

use std::io;
use std::mem;
use std::sync::Arc;
use std::time::SystemTime;

use super::batch::{Batch, CommitError, Committed, empty};
use super::ground::{RESERVE, Segment, open_segment, reserve};
use super::recover::{CHECKPOINT, Found, recover};
use super::report::RecoveryReport;
use crate::count;
use crate::disk::{Disk, is_full, replace};
use crate::error::OpenError;
use crate::event::Event;
use crate::levels::Levels;
use crate::merkle::{Frontier, Hash, leaf};
use crate::note::{Checkpoint, LogKey};
use crate::segment;

/// A segment that replaces the end of another, before it is whole.
const NEW: &str = "segment.new";

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Whether a batch is durable before it is acknowledged.
    pub(crate) synced: bool,
    pub(crate) segment_bytes: u64,
}

#[derive(Debug)]
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    key: LogKey,
    settings: Settings,
    frontier: Frontier,
    /// Hashes of each level that its file does not have yet.
    unsaved: Vec<Vec<Hash>>,
    segment: Segment,
    /// How many events are durable; the lines of the others are in `unsynced`.
    durable: u64,
    unsynced: Vec<u8>,
    checkpoint: Checkpoint,
    dropped: u64,
    state: Result<(), CommitError>,
    /// What mirrors have not been given; `None` without mirrors.
    pub(crate) outbox: Option<Vec<u8>>,
}

impl Writer {
    /// Opens a log, and mends what a crash has left.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        key: LogKey,
        settings: Settings,
        mirrored: bool,
        now: SystemTime,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let found = recover(&*disk, key.verifier())?;
        let report = RecoveryReport::of(&found);
        reserve(&*disk)?;
        let checkpoint = found.checkpoint.clone().map_or_else(
            || {
                let checkpoint = Checkpoint::sign(&key, 0, Hash::EMPTY, 0);
                replace(&*disk, CHECKPOINT, checkpoint.note().as_bytes()).map(|()| checkpoint)
            },
            Ok,
        )?;
        let segment = open_segment(&*disk, &found)?;
        let Found { frontier, unsaved, .. } = found;
        let (durable, dropped) = (frontier.size(), checkpoint.dropped());
        let mut writer = Self {
            disk,
            key,
            settings,
            frontier,
            unsaved,
            segment,
            durable,
            unsynced: Vec::new(),
            checkpoint,
            dropped,
            state: Ok(()),
            outbox: mirrored.then(Vec::new),
        };
        if report.rebuilt {
            // The files of hashes begin again with what was read from the events.
            writer.checkpoint = Checkpoint::sign(&writer.key, 0, Hash::EMPTY, dropped);
        }
        if !report.is_clean() {
            let mut event = Event::new("audit.recovered").detail("torn", &report.torn);
            event = event.detail("rebuilt", &report.rebuilt);
            writer.own(event, now).map_err(opening)?;
        }
        writer.own(Event::new("audit.opened"), now).map_err(opening)?;
        writer.checkpoint(now)?;
        Ok((writer, report))
    }

    pub(crate) const fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) const fn latest(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Counts events that were not taken.
    pub(crate) const fn lose(&mut self, count: u64) {
        self.dropped = self.dropped.saturating_add(count);
    }

    pub(crate) const fn records(&self) -> bool {
        self.state.is_ok()
    }

    pub(crate) const fn is_full(&self) -> bool {
        matches!(self.state, Err(CommitError::Full))
    }

    pub(crate) const fn is_changed(&self) -> bool {
        self.frontier.size() != self.checkpoint.size() || self.dropped != self.checkpoint.dropped()
    }

    /// Writes events; after `Ok` they are as durable as was asked for. Events that are not written
    /// are counted as dropped.
    pub(crate) fn commit(
        &mut self,
        batch: &Batch,
        now: SystemTime,
    ) -> Result<Committed, CommitError> {
        let committed = self.state.clone().and_then(|()| {
            self.turn_over(now)?;
            self.write(batch, self.settings.synced, now)
        });
        if committed.is_err() {
            self.lose(u64::try_from(batch.ends.len()).unwrap_or(u64::MAX));
        }
        committed
    }

    /// Writes an event of the log about itself, always durably.
    pub(crate) fn own(&mut self, event: Event, now: SystemTime) -> Result<(), CommitError> {
        let mut batch = Batch::default();
        batch.push(&event.own().body(now));
        self.state.clone()?;
        self.write(&batch, true, now).map(drop)
    }

    fn write(
        &mut self,
        batch: &Batch,
        sync: bool,
        now: SystemTime,
    ) -> Result<Committed, CommitError> {
        let (first, from) = (self.frontier.size(), self.unsynced.len());
        let mut leaves = Vec::with_capacity(batch.ends.len());
        let mut mark = Some(self.durable);
        for (seq, body) in (first..).zip(batch.iter()) {
            let start = self.unsynced.len();
            segment::push(&mut self.unsynced, seq, mark.take(), body);
            leaves.push(leaf(self.unsynced.get(start..).unwrap_or_default()));
            self.unsynced.push(b'\n');
        }
        let lines = self.unsynced.get(from..).unwrap_or_default();
        let written = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let outcome = match self.segment.file.write(lines) {
            Ok(()) if sync => self.segment.file.sync(),
            Ok(()) => Ok(()),
            Err(error) if is_full(&error) => return Err(self.run_full(from, error, now)),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            return self.replace_segment(first, leaves, error, now);
        }
        self.segment.length = self.segment.length.saturating_add(written);
        self.take(first, leaves, from, sync)
    }

    /// Counts written lines as events.
    #[expect(clippy::unnecessary_wraps, reason = "the last step of a chain of them")]
    fn take(
        &mut self,
        first: u64,
        leaves: Vec<Hash>,
        from: usize,
        sync: bool,
    ) -> Result<Committed, CommitError> {
        let unsaved = &mut self.unsaved;
        for hash in &leaves {
            self.frontier.append(*hash, |level, hash| {
                if unsaved.len() <= level {
                    unsaved.push(Vec::new());
                }
                if let Some(level) = unsaved.get_mut(level) {
                    level.push(hash);
                }
            });
        }
        if let Some(outbox) = &mut self.outbox {
            outbox.extend_from_slice(self.unsynced.get(from..).unwrap_or_default());
        }
        if sync {
            self.settle();
        }
        Ok(Committed { first, leaves })
    }

    fn settle(&mut self) {
        self.durable = self.frontier.size();
        empty(&mut self.unsynced);
    }

    /// After a failed write or sync nothing is known of the segment's end, and asking again would
    /// hear that all is well: what is not durable is written again, into a new segment.
    fn replace_segment(
        &mut self,
        first: u64,
        mut leaves: Vec<Hash>,
        error: io::Error,
        now: SystemTime,
    ) -> Result<Committed, CommitError> {
        let next = first.saturating_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
        let event = Event::new("audit.poisoned")
            .detail("superseded", &self.segment.first)
            .detail("error", error.kind().to_string().as_str());
        let start = self.unsynced.len();
        segment::push(&mut self.unsynced, next, None, &event.own().body(now).0);
        leaves.push(leaf(self.unsynced.get(start..).unwrap_or_default()));
        self.unsynced.push(b'\n');
        let lines = mem::take(&mut self.unsynced);
        // It appears whole: until then the old one holds what was handed to the system.
        let disk = &*self.disk;
        let replaced = disk.remove(NEW).and_then(|()| {
            let mut file = disk.create(NEW)?;
            file.write(&lines)?;
            file.sync()?;
            disk.rename(NEW, &segment::name(self.durable))?;
            disk.sync_folder()?;
            Ok(file)
        });
        count::poisoned();
        match replaced {
            Ok(file) => {
                let length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
                self.segment = Segment { first: self.durable, length, file };
                let from = self.unsent(&lines, first);
                self.unsynced = lines;
                let mut committed = self.take(first, leaves, from, true)?;
                // The last one is the log's own.
                committed.leaves.pop();
                Ok(committed)
            }
            Err(_) => Err(self.fail(error)),
        }
    }

    /// Where in these lines the first event begins that mirrors have not been given.
    fn unsent(&self, lines: &[u8], first: u64) -> usize {
        let already = first.saturating_sub(self.durable);
        let already = usize::try_from(already).unwrap_or(usize::MAX);
        match already.checked_sub(1) {
            None => 0,
            Some(last) => memchr::memchr_iter(b'\n', lines)
                .nth(last)
                .map_or(lines.len(), |end| end.saturating_add(1)),
        }
    }

    fn begin_segment(&self, first: u64) -> io::Result<Segment> {
        let file = self.disk.create(&segment::name(first))?;
        self.disk.sync_folder()?;
        Ok(Segment { first, length: 0, file })
    }

    fn fail(&mut self, error: io::Error) -> CommitError {
        let error = CommitError::Broken(Arc::new(error));
        self.state = Err(error.clone());
        error
    }

    /// Takes the lines from `from` on back and says with the last room that the log has stopped.
    fn run_full(&mut self, from: usize, error: io::Error, now: SystemTime) -> CommitError {
        if self.segment.file.truncate(self.segment.length).is_err() {
            return self.fail(error);
        }
        self.unsynced.truncate(from);
        if self.is_full() || self.disk.remove(RESERVE).is_err() {
            return self.fail(error);
        }
        self.state = Err(CommitError::Full);
        let mut batch = Batch::default();
        let event = Event::new("audit.stopped").detail("dropped", &self.dropped);
        batch.push(&event.own().body(now));
        match self.write(&batch, true, now) {
            Ok(_) => CommitError::Full,
            Err(error) => error,
        }
    }

    /// Goes on if the disk has room again.
    pub(crate) fn resume(&mut self, now: SystemTime) {
        if self.is_full() && reserve(&*self.disk).is_ok() {
            self.state = Ok(());
            let event = Event::new("audit.resumed").detail("dropped", &self.dropped);
            // If there is no room for that, the log has stopped again.
            let _ = self.own(event, now);
        }
    }

    /// Begins a new segment where this one is long enough, or was removed.
    fn turn_over(&mut self, now: SystemTime) -> Result<(), CommitError> {
        if let Ok(false) = self.segment.file.is_linked() {
            return self.outlive(now);
        }
        if self.segment.length < self.settings.segment_bytes {
            return Ok(());
        }
        self.sync(now)?;
        match self.disk.create(&segment::name(self.frontier.size())) {
            Ok(file) => {
                self.disk.sync_folder().map_err(|error| self.fail(error))?;
                self.segment = Segment { first: self.frontier.size(), length: 0, file };
                Ok(())
            }
            // The old one takes more lines until a new one can be made.
            Err(_) => Ok(()),
        }
    }

    /// Goes on after somebody removed the segment: its events are lost, which the hashes show.
    fn outlive(&mut self, now: SystemTime) -> Result<(), CommitError> {
        let (lost, size) = (self.segment.first, self.frontier.size());
        self.settle();
        // What was there is signed before anything follows it.
        self.seal().map_err(|error| self.fail(error))?;
        self.segment = self.begin_segment(size).map_err(|error| self.fail(error))?;
        self.own(Event::new("audit.segment_removed").detail("first", &lost), now)
    }

    /// Makes durable what is written.
    fn sync(&mut self, now: SystemTime) -> Result<(), CommitError> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        match self.segment.file.sync() {
            Ok(()) => {
                self.settle();
                Ok(())
            }
            Err(error) => {
                self.replace_segment(self.frontier.size(), Vec::new(), error, now).map(drop)
            }
        }
    }

    /// Signs what there is, if it is more than what was signed.
    pub(crate) fn checkpoint(&mut self, now: SystemTime) -> io::Result<()> {
        if !self.is_changed() {
            return Ok(());
        }
        match self.sync(now) {
            Ok(()) => self.seal(),
            Err(CommitError::Full) => Err(io::ErrorKind::StorageFull.into()),
            Err(CommitError::Broken(error)) => Err(error.kind().into()),
        }
    }

    fn seal(&mut self) -> io::Result<()> {
        let signed = self.checkpoint.size();
        for (level, hashes) in self.unsaved.iter().enumerate() {
            Levels(&*self.disk).extend(signed, level, hashes)?;
        }
        let (size, root) = (self.frontier.size(), self.frontier.root());
        let checkpoint = Checkpoint::sign(&self.key, size, root, self.dropped);
        replace(&*self.disk, CHECKPOINT, checkpoint.note().as_bytes())?;
        self.unsaved.iter_mut().for_each(Vec::clear);
        self.checkpoint = checkpoint;
        Ok(())
    }

    /// Writes the last event of this run.
    pub(crate) fn close(&mut self, now: SystemTime) -> io::Result<()> {
        let _ = self.own(Event::new("audit.closed"), now);
        self.checkpoint(now)
    }
}

fn opening(error: CommitError) -> OpenError {
    OpenError::Io(match error {
        CommitError::Full => io::ErrorKind::StorageFull.into(),
        CommitError::Broken(error) => io::Error::new(error.kind(), error),
    })
}
