//! From the first line to the root.

use std::collections::BTreeSet;
use std::io;

use super::{Anchor, Report, VerifyError};
use crate::disk::{Disk, read_small};
use crate::error::{Tampered, Wrong};
use crate::levels::{self, Levels};
use crate::log::CHECKPOINT;
use crate::merkle::{Frontier, Hash, HashSource, leaf};
use crate::note::{Checkpoint, VerifierKey};
use crate::segment::{self, Lines};

/// Hashes that are read together, and events between two signs of progress.
const TOGETHER: u64 = 4096;

pub(crate) fn verify(
    disk: &dyn Disk,
    key: &VerifierKey,
    anchor: &Anchor,
    mut progress: impl FnMut(u64),
) -> Result<Report, VerifyError> {
    // Before the list of segments: what is sealed has its segment.
    let note = read_small(disk, CHECKPOINT)?.ok_or(VerifyError::NoCheckpoint)?;
    let checkpoint = Checkpoint::verify(&note, key)?;
    let segments = segment::all(disk)?;
    let first = segments.first().copied().unwrap_or(0);
    let pinned = match anchor {
        Anchor::Stored => None,
        Anchor::Pinned(pinned) => Some((pinned.size(), *pinned.root())),
    };
    // Pruned events are known by their hashes, which the root judges.
    let frontier = Levels(disk).frontier(first)?.unwrap_or_default();
    let mut walk = Walk {
        disk,
        sealed: checkpoint.size(),
        root: *checkpoint.root(),
        pinned,
        frontier,
        tile: (0, Vec::new()),
        hashes: true,
        suspect: None,
        long: Vec::new(),
        declared: BTreeSet::new(),
        torn: false,
        proved: checkpoint.size() == 0,
        pin_held: pinned.is_none_or(|(size, _)| size <= first),
    };
    let bad = walk.run(&segments, first, &mut progress)?;
    Ok(Report {
        size: walk.sealed,
        root: walk.root,
        first,
        unsealed: walk.frontier.size().saturating_sub(walk.sealed),
        torn: walk.torn,
        dropped: checkpoint.dropped(),
        segments: u64::try_from(segments.len()).unwrap_or(u64::MAX),
        hashes: walk.hashes,
        bad,
    })
}

#[expect(clippy::struct_excessive_bools, reason = "four questions, each with yes or no")]
struct Walk<'a> {
    disk: &'a dyn Disk,
    sealed: u64,
    root: Hash,
    pinned: Option<(u64, Hash)>,
    frontier: Frontier,
    /// Sealed hashes that were read together, and the first one's number.
    tile: (u64, Vec<Hash>),
    /// Whether the files of hashes agree with the lines so far.
    hashes: bool,
    /// The first line that is not what its hash says: if the root is the signed one, the hash is wrong.
    suspect: Option<Tampered>,
    long: Vec<(u64, u64)>,
    declared: BTreeSet<u64>,
    torn: bool,
    proved: bool,
    pin_held: bool,
}

impl Walk<'_> {
    fn run(
        &mut self,
        segments: &[u64],
        first: u64,
        progress: &mut impl FnMut(u64),
    ) -> io::Result<Option<Tampered>> {
        if self.pinned.is_some_and(|(size, _)| size > self.sealed) {
            let (seq, file) = (self.sealed, CHECKPOINT.to_owned());
            return Ok(Some(Tampered { seq, file, reason: Wrong::Missing }));
        }
        for (position, begin) in segments.iter().enumerate() {
            if *begin != self.frontier.size() {
                let seq = self.frontier.size();
                return Ok(Some(self.blame(seq, segment::name(seq), Wrong::Missing)));
            }
            let limit = position.checked_add(1).and_then(|after| segments.get(after)).copied();
            if let Some(bad) = self.segment(*begin, limit, progress)? {
                return Ok(Some(bad));
            }
        }
        let last = segment::name(segments.last().copied().unwrap_or(0));
        if self.frontier.size() < self.sealed {
            let seq = self.frontier.size();
            return Ok(Some(self.blame(seq, last, Wrong::Missing)));
        }
        if !self.proved || !self.pin_held {
            return Ok(Some(self.blame(first, segment::name(first), Wrong::Root)));
        }
        // A failed disk leaves more lines than the next segment has taken over, and that one says so.
        let surplus = self.long.iter().find(|(begin, _)| !self.declared.contains(begin));
        Ok(surplus.map(|(begin, next)| {
            let (seq, file) = (*next, segment::name(*begin));
            Tampered { seq, file, reason: Wrong::Surplus }
        }))
    }

    fn segment(
        &mut self,
        begin: u64,
        limit: Option<u64>,
        progress: &mut impl FnMut(u64),
    ) -> io::Result<Option<Tampered>> {
        let mut lines = Lines::new(self.disk, segment::name(begin));
        loop {
            let seq = self.frontier.size();
            if limit == Some(seq) {
                if lines.next()?.is_some() {
                    self.long.push((begin, seq));
                }
                return Ok(None);
            }
            let Some(line) = lines.next()? else {
                let missing = limit.is_some() || seq < self.sealed;
                let file = segment::name(begin);
                return Ok(missing.then(|| self.blame(seq, file, Wrong::Missing)));
            };
            let head = segment::head(line.bytes).filter(|_| line.ended);
            let hash = leaf(line.bytes);
            let fits = head.is_some_and(|head| head.seq == seq);
            if seq >= self.sealed {
                if !fits || !segment::is_whole(line.bytes) {
                    self.torn = true;
                    let inner = limit.is_some();
                    let file = segment::name(begin);
                    return Ok(inner.then(|| self.blame(seq, file, Wrong::Damaged)));
                }
            } else {
                let agrees = self.sealed_hash(seq) == Some(hash);
                if self.suspect.is_none() && !(agrees && fits) {
                    self.hashes = false;
                    let reason = match head {
                        Some(head) if head.seq != seq => Wrong::Order,
                        _ => Wrong::Changed,
                    };
                    self.suspect = Some(Tampered { seq, file: segment::name(begin), reason });
                }
            }
            if head.is_some_and(|head| head.own) {
                self.declared.extend(segment::superseded(line.bytes));
            }
            self.frontier.append(hash, |_, _| ());
            self.judge();
            if seq.is_multiple_of(TOGETHER) {
                progress(seq);
            }
        }
    }

    /// Compares roots where one is signed.
    fn judge(&mut self) {
        let size = self.frontier.size();
        if size == self.sealed {
            self.proved = self.frontier.root() == self.root;
        }
        if let Some((pinned, root)) = self.pinned.filter(|(pinned, _)| *pinned == size) {
            self.pin_held = self.frontier.root() == root && pinned == size;
        }
    }

    /// Names the first line that differs from its hash, if one came before.
    fn blame(&mut self, seq: u64, file: String, reason: Wrong) -> Tampered {
        self.suspect.take().unwrap_or(Tampered { seq, file, reason })
    }

    /// The hash that was sealed of an event below the checkpoint, if its file has it.
    fn sealed_hash(&mut self, seq: u64) -> Option<Hash> {
        let place = |start: u64| usize::try_from(seq.checked_sub(start)?).ok();
        let known = place(self.tile.0).and_then(|place| self.tile.1.get(place));
        if known.is_some() {
            return known.copied();
        }
        let there = self.disk.length(&levels::name(0)).ok().flatten().unwrap_or(0) / 32;
        let count = there.min(self.sealed).saturating_sub(seq).min(TOGETHER);
        let count = usize::try_from(count).unwrap_or(0);
        self.tile = (seq, Levels(self.disk).hashes(0, seq, count).ok()?);
        self.tile.1.first().copied()
    }
}
