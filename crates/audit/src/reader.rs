//! Events by their number, from the files of a log.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use crate::disk::{Disk, RealDisk};
use crate::segment::{self, Lines};

/// Where a line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) seq: u64,
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// Gives each event from a place on to `each`, until that says enough; returns where the next one
/// begins. Stops before a line that is not whole: it is being written, or was never acknowledged.
pub(crate) fn read<E: From<io::Error>>(
    disk: &dyn Disk,
    from: Place,
    mut each: impl FnMut(Place, &[u8]) -> Result<bool, E>,
) -> Result<Place, E> {
    let segments = segment::all(disk)?;
    let mut place = from;
    loop {
        let next = segments.iter().find(|first| **first > place.segment).copied();
        let mut lines = Lines::at(disk, segment::name(place.segment), place.offset);
        while next.is_none_or(|next| place.seq < next) {
            place.offset = lines.offset();
            let Some(line) = lines.next()? else { return Ok(place) };
            let fits = segment::head(line.bytes).is_some_and(|head| head.seq == place.seq);
            if !line.ended || !fits {
                return Ok(place);
            }
            let more = each(place, line.bytes)?;
            place.seq = place.seq.saturating_add(1);
            place.offset = lines.offset();
            if !more {
                return Ok(place);
            }
        }
        let Some(next) = next else { return Ok(place) };
        place = Place { seq: next, segment: next, offset: 0 };
    }
}

/// Returns where the segment with that event begins, if there is one.
pub(crate) fn segment_of(disk: &dyn Disk, seq: u64) -> io::Result<Option<Place>> {
    let segments = segment::all(disk)?;
    let first = segments.iter().rev().find(|first| **first <= seq).copied();
    Ok(first.map(|first| Place { seq: first, segment: first, offset: 0 }))
}

/// Returns the line of an event, if it is there.
pub(crate) fn line(disk: &dyn Disk, seq: u64) -> io::Result<Option<Vec<u8>>> {
    let mut found = None;
    if let Some(from) = segment_of(disk, seq)? {
        read::<io::Error>(disk, from, |place, line| {
            if place.seq == seq {
                found = Some(line.to_vec());
            }
            Ok(place.seq < seq)
        })?;
    }
    Ok(found)
}

/// Walks through the events of a log, from the oldest that is left to the newest, and on when more come.
///
/// # Example
///
/// ```
/// use palisade_audit::{AuditLog, Event, LogKey, Scan};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let log = AuditLog::builder(folder, LogKey::from_seed("example.com/shop", &[7; 32])?).open()?;
/// log.record_blocking(&Event::new("order.pay"))?;
/// let mut scan = Scan::new(folder)?;
/// assert!(scan.next_line()?.is_some_and(|line| line.starts_with(b"{\"seq\":0,")));
/// assert!(scan.next_line()?.is_some_and(|line| line.starts_with(b"{\"seq\":1,")));
/// assert_eq!(scan.next_line()?, None); // until there is more
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Scan {
    disk: RealDisk,
    place: Place,
    ahead: VecDeque<Vec<u8>>,
}

impl Scan {
    /// Lines that are read together.
    const TOGETHER: usize = 1024;

    /// Begins with the oldest event of the log in that folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let disk = RealDisk::new(folder);
        let first = segment::all(&disk)?.first().copied().unwrap_or(0);
        let place = Place { seq: first, segment: first, offset: 0 };
        Ok(Self { disk, place, ahead: VecDeque::new() })
    }

    /// Returns the next event as it is stored; `None` if there is none yet.
    ///
    /// # Errors
    ///
    /// When the files cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.ahead.is_empty() {
            let ahead = &mut self.ahead;
            self.place = read::<io::Error>(&self.disk, self.place, |_, line| {
                ahead.push_back(line.to_vec());
                Ok(ahead.len() < Self::TOGETHER)
            })?;
        }
        Ok(self.ahead.pop_front())
    }
}
