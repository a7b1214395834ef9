//! What a crash left, told from what somebody did.

use std::collections::BTreeSet;
use std::io;

use crate::disk::{Disk, read_small};
use crate::error::{OpenError, Tampered, Wrong};
use crate::levels::Levels;
use crate::merkle::{Frontier, Hash, HashSource, leaf};
use crate::note::{Checkpoint, VerifierKey};
use crate::segment::{self, Lines};

/// Name of the last signed checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// What is on the disk.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) checkpoint: Option<Checkpoint>,
    pub(crate) frontier: Frontier,
    /// Hashes of each level that its file does not have yet.
    pub(crate) unsaved: Vec<Vec<Hash>>,
    /// The last segment, if there is one.
    pub(crate) segment: Option<u64>,
    /// Where that segment ends; what is behind is an event that was never acknowledged.
    pub(crate) length: u64,
    pub(crate) torn: bool,
    /// The hashes were lost and made again from the events.
    pub(crate) rebuilt: bool,
}

/// Looks at a log and changes nothing.
pub(crate) fn recover(disk: &dyn Disk, key: &VerifierKey) -> Result<Found, OpenError> {
    let segments = segment::all(disk)?;
    let checkpoint = match read_small(disk, CHECKPOINT)? {
        Some(note) => Some(Checkpoint::verify(&note, key)?),
        None if segments.is_empty() => None,
        None => return Err(OpenError::NoCheckpoint),
    };
    let (sealed, root) = match &checkpoint {
        Some(checkpoint) => (checkpoint.size(), *checkpoint.root()),
        None => (0, Hash::EMPTY),
    };
    let edge = Levels(disk).frontier(sealed)?.filter(|edge| edge.root() == root);
    let rebuilt = edge.is_none();
    let start = if rebuilt { 0 } else { sealed };
    let at = segments.partition_point(|first| *first <= start).saturating_sub(1);
    let walk = Walk {
        disk,
        sealed,
        root,
        edge: edge.unwrap_or_default(),
        rebuilt,
        unsaved: Vec::new(),
        long: Vec::new(),
        declared: BTreeSet::new(),
        tile: (0, Vec::new()),
    };
    let found = walk.run(segments.get(at..).unwrap_or_default())?;
    Ok(Found { checkpoint, ..found })
}

struct Walk<'a> {
    disk: &'a dyn Disk,
    sealed: u64,
    root: Hash,
    edge: Frontier,
    rebuilt: bool,
    unsaved: Vec<Vec<Hash>>,
    /// Segments with more lines than the next one leaves them.
    long: Vec<u64>,
    declared: BTreeSet<u64>,
    /// Sealed hashes that were read together, and the first one's number.
    tile: (u64, Vec<Hash>),
}

/// Where a segment ends, and which event would be the next one.
struct End {
    seq: u64,
    length: u64,
    torn: bool,
}

impl Walk<'_> {
    fn run(mut self, segments: &[u64]) -> Result<Found, OpenError> {
        let first = segments.first().copied();
        if self.rebuilt && self.sealed > 0 && first != Some(0) {
            return Err(OpenError::Hashes);
        }
        let (mut next, mut length, mut torn) = (first.unwrap_or(0), 0, false);
        for (position, begin) in segments.iter().enumerate() {
            let limit = position.checked_add(1).and_then(|after| segments.get(after)).copied();
            if *begin != next {
                return Err(wrong(next, *begin, Wrong::Missing));
            }
            let end = self.segment(*begin, limit)?;
            if limit.is_some_and(|limit| end.seq < limit) {
                return Err(wrong(end.seq, *begin, Wrong::Missing));
            }
            (next, length, torn) = (end.seq, end.length, end.torn);
        }
        if next < self.sealed {
            return Err(wrong(next, segments.last().copied().unwrap_or(0), Wrong::Missing));
        }
        self.no_surplus(segments)?;
        let Self { edge, unsaved, rebuilt, sealed, .. } = self;
        Ok(Found {
            checkpoint: None,
            frontier: edge,
            unsaved,
            segment: segments.last().copied(),
            length,
            torn,
            rebuilt: rebuilt && sealed > 0,
        })
    }

    /// Reads the lines of a segment up to the first one of the next.
    fn segment(&mut self, begin: u64, limit: Option<u64>) -> Result<End, OpenError> {
        let mut lines = Lines::new(self.disk, segment::name(begin));
        let mut seq = begin;
        loop {
            if limit == Some(seq) {
                let length = lines.offset();
                if lines.next()?.is_some() {
                    self.long.push(begin);
                }
                return Ok(End { seq, length, torn: false });
            }
            let length = lines.offset();
            let Some(line) = lines.next()? else {
                return Ok(End { seq, length, torn: false });
            };
            let head = segment::head(line.bytes).filter(|_| line.ended);
            let hash = leaf(line.bytes);
            if seq < self.sealed && !self.rebuilt {
                // The hashes below the checkpoint say what this line was.
                if self.sealed_hash(seq)? != Some(hash) {
                    let reason = match head {
                        Some(head) if head.seq != seq => Wrong::Order,
                        _ => Wrong::Changed,
                    };
                    return Err(wrong(seq, begin, reason));
                }
            } else {
                let fits = head.is_some_and(|head| head.seq == seq);
                if !fits || !segment::is_whole(line.bytes) {
                    if seq < self.sealed {
                        return Err(wrong(seq, begin, Wrong::Changed));
                    }
                    later_ones_were_acknowledged(&mut lines, seq, begin)?;
                    return Ok(End { seq, length, torn: true });
                }
                self.declared.extend(segment::superseded(line.bytes));
                self.append(hash, begin)?;
            }
            seq = seq.saturating_add(1);
        }
    }

    /// The hash that was sealed of an event below the checkpoint.
    fn sealed_hash(&mut self, seq: u64) -> Result<Option<Hash>, OpenError> {
        const TOGETHER: usize = 4096;
        let place = |start: u64| usize::try_from(seq.saturating_sub(start)).unwrap_or(usize::MAX);
        if seq < self.tile.0 || place(self.tile.0) >= self.tile.1.len() {
            let left = usize::try_from(self.sealed.saturating_sub(seq)).unwrap_or(usize::MAX);
            self.tile = (seq, Levels(self.disk).hashes(0, seq, left.min(TOGETHER))?);
        }
        Ok(self.tile.1.get(place(self.tile.0)).copied())
    }

    fn append(&mut self, hash: Hash, begin: u64) -> Result<(), OpenError> {
        let unsaved = &mut self.unsaved;
        self.edge.append(hash, |level, hash| {
            if unsaved.len() <= level {
                unsaved.push(Vec::new());
            }
            if let Some(level) = unsaved.get_mut(level) {
                level.push(hash);
            }
        });
        if self.rebuilt && self.edge.size() == self.sealed && self.edge.root() != self.root {
            return Err(wrong(0, begin, Wrong::Root));
        }
        Ok(())
    }

    /// A segment has surplus lines only where a failed disk made the log continue in a new one, which
    /// says so among its first lines.
    fn no_surplus(&self, segments: &[u64]) -> Result<(), OpenError> {
        for begin in self.long.iter().filter(|begin| !self.declared.contains(begin)) {
            let next = segments.iter().find(|next| *next > begin).copied().unwrap_or(0);
            // Below the checkpoint the lines have not been read for that.
            if next >= self.sealed || !self.declares(next, *begin)? {
                return Err(wrong(next, *begin, Wrong::Surplus));
            }
        }
        Ok(())
    }

    /// Says whether the segment `next` declares that it overtook `begin`.
    fn declares(&self, next: u64, begin: u64) -> io::Result<bool> {
        let mut lines = Lines::new(self.disk, segment::name(next));
        while let Some(line) = lines.next()? {
            if segment::superseded(line.bytes) == Some(begin) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A bad line is a torn one if nothing behind it was written after it had been acknowledged.
fn later_ones_were_acknowledged(
    lines: &mut Lines<'_>,
    seq: u64,
    begin: u64,
) -> Result<(), OpenError> {
    while let Some(line) = lines.next()? {
        let head =
            segment::head(line.bytes).filter(|_| line.ended && segment::is_whole(line.bytes));
        if head.and_then(|head| head.sync).is_some_and(|sync| sync > seq) {
            return Err(wrong(seq, begin, Wrong::Damaged));
        }
    }
    Ok(())
}

fn wrong(seq: u64, begin: u64, reason: Wrong) -> OpenError {
    OpenError::Tampered(Tampered { seq, file: segment::name(begin), reason })
}
