//! From the log to one sink: what comes, and what it has missed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::progress::Progress;
use super::sink::{Records, Sink, SinkError};
use crate::disk::Disk;
use crate::reader::{self, Place};
use crate::segment;

/// Bytes that are read from the files together.
const TOGETHER: usize = 512 * 1024;

pub(in crate::log) struct Carrier {
    sink: Box<dyn Sink>,
    disk: Arc<dyn Disk>,
    progress: Arc<Progress>,
    /// The first event that the sink is to be given; `None` if it is to be asked.
    next: Option<u64>,
    /// Where in the files that event is.
    place: Option<Place>,
}

impl Carrier {
    pub(super) fn new(sink: Box<dyn Sink>, disk: Arc<dyn Disk>, progress: Arc<Progress>) -> Self {
        Self { sink, disk, progress, next: None, place: None }
    }

    pub(super) fn remembers(&self) -> bool {
        self.progress.remembers()
    }

    /// Says whether the sink has not, as far as is known, what is before that event.
    pub(super) fn is_behind(&self, end: u64) -> bool {
        self.remembers() && self.next.is_none_or(|next| next < end)
    }

    /// Gives lines from `first` to before `end`, and before them what the sink has missed; without lines only
    /// that.
    pub(super) fn carry(&mut self, first: u64, lines: &[u8], end: u64) -> Result<(), SinkError> {
        let carried = self.catch_up(if lines.is_empty() { end } else { first }).and_then(|next| {
            // What it was given from the files it is not given again.
            let given = self.remembers() && next >= end;
            if given || lines.is_empty() { Ok(()) } else { self.give(lines, end) }
        });
        if carried.is_err() {
            self.progress.failed();
            self.next = None;
            if !self.remembers() {
                self.progress.missed(end.saturating_sub(first));
                self.progress.has(end);
            }
        }
        carried
    }

    /// Gives what is before `first` and missing; returns what is next.
    fn catch_up(&mut self, first: u64) -> Result<u64, SinkError> {
        if !self.remembers() {
            return Ok(first);
        }
        let known = if self.next.is_some() { self.next } else { self.asked()? };
        let Some(known) = known else { return Ok(first) };
        // Whether what the sink has beyond is the log's, it finds out with the next line.
        let mut next = known.min(first);
        while next < first {
            let (lines, end) = self.read(next, first)?;
            self.give(&lines, end)?;
            next = end;
        }
        self.next = Some(next);
        self.progress.has(next);
        Ok(next)
    }

    /// Reads some lines from `next` on, and says what is behind them.
    fn read(&mut self, next: u64, before: u64) -> Result<(Vec<u8>, u64), SinkError> {
        let known = self.place.filter(|place| place.seq == next);
        let from = match known {
            Some(place) => place,
            None => self.find(next).map_err(SinkError::new)?,
        };
        // What was pruned meanwhile is lost to the sink.
        let start = next.max(from.seq.min(before));
        if from.seq > next {
            self.progress.missed(start.saturating_sub(next));
        }
        let mut lines = Vec::new();
        let place = reader::read::<std::io::Error>(&*self.disk, from, |place, line| {
            if place.seq >= start && place.seq < before {
                lines.extend_from_slice(line);
                lines.push(b'\n');
            }
            Ok(place.seq.saturating_add(1) < before && lines.len() < TOGETHER)
        });
        let place = place.map_err(SinkError::new)?;
        let end = place.seq.min(before);
        if end <= next {
            return Err(SinkError::new("the files of the log end before what it has recorded"));
        }
        self.place = Some(place);
        Ok((lines, end))
    }

    /// The segment of that event, or the oldest one that is left.
    fn find(&self, seq: u64) -> std::io::Result<Place> {
        if let Some(place) = reader::segment_of(&*self.disk, seq)? {
            return Ok(place);
        }
        let first = segment::all(&*self.disk)?.first().copied().unwrap_or(0);
        Ok(Place { seq: first, segment: first, offset: 0 })
    }

    fn give(&mut self, lines: &[u8], end: u64) -> Result<(), SinkError> {
        let sink = &mut *self.sink;
        guarded(|| sink.write(&Records::new(lines)))?;
        self.next = Some(end);
        self.progress.has(end);
        Ok(())
    }

    fn asked(&mut self) -> Result<Option<u64>, SinkError> {
        let sink = &mut *self.sink;
        let next = guarded(|| sink.resume_at())?;
        self.progress.answered(next.is_some());
        Ok(next)
    }
}

/// A sink that panics is one that fails.
fn guarded<T>(act: impl FnOnce() -> Result<T, SinkError>) -> Result<T, SinkError> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| Err(SinkError::new("it panicked")))
}
