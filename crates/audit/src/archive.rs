//! Copies of a log, and the end of what is old.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use thiserror::Error;

use crate::disk::{Disk, RealDisk, replace};
use crate::error::Tampered;
use crate::event;
use crate::levels::{self, Levels};
use crate::log::CHECKPOINT;
use crate::merkle::HashSource;
use crate::note::{Checkpoint, VerifierKey};
use crate::proof::{ProveError, stored_checkpoint};
use crate::query::Stored;
use crate::reader;
use crate::segment::{self, Lines};
use crate::verify::{Anchor, Report, VerifyError, verify_dir};

/// Why a log was not copied or cut.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The files do not do what is asked of them.
    #[error("the log or its copy: {0}")]
    Io(#[from] io::Error),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ProveError),
    /// The copy cannot be checked.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The log or the copy is not what was sealed.
    #[error("{0}")]
    Tampered(Tampered),
    /// There is something where the copy should go.
    #[error("the target folder is not empty")]
    NotEmpty,
    /// Another process writes the log.
    #[error("another process has this log open")]
    Busy,
}

/// Copies a log up to its checkpoint into an empty folder, and checks the copy from its first event to the
/// signed root before it counts. The log may be open.
///
/// # Errors
///
/// [`ArchiveError`]; a copy that does not lead to the root is left for whoever wants to know why.
pub fn backup(from: &Path, to: &Path, key: &VerifierKey) -> Result<Report, ArchiveError> {
    let source = RealDisk::new(from);
    let target = RealDisk::new(to);
    target.make()?;
    if !target.list()?.is_empty() {
        return Err(ArchiveError::NotEmpty);
    }
    let checkpoint = stored_checkpoint(&source, key)?;
    let size = checkpoint.size();
    for first in segment::all(&source)?.into_iter().filter(|first| *first < size) {
        copy_segment(&source, &target, first, size)?;
    }
    for level in 0.. {
        let count = levels::count(size, level);
        if count == 0 {
            break;
        }
        copy_level(&source, &target, level, count)?;
    }
    replace(&target, CHECKPOINT, checkpoint.note().as_bytes())?;
    whole(to, key, &checkpoint)
}

/// Brings a copy back into an empty folder, checked as [`backup`] checks.
///
/// # Errors
///
/// [`ArchiveError`]; also if the copy does not continue `pinned`, a checkpoint that is newer than it.
pub fn restore(
    from: &Path,
    to: &Path,
    key: &VerifierKey,
    pinned: Option<&Checkpoint>,
) -> Result<Report, ArchiveError> {
    let anchor = pinned.cloned().map_or(Anchor::Stored, Anchor::Pinned);
    if let Some(bad) = verify_dir(from, key, &anchor)?.bad {
        return Err(ArchiveError::Tampered(bad));
    }
    backup(from, to, key)
}

fn whole(folder: &Path, key: &VerifierKey, of: &Checkpoint) -> Result<Report, ArchiveError> {
    let report = verify_dir(folder, key, &Anchor::Pinned(of.clone()))?;
    match report.bad {
        Some(bad) => Err(ArchiveError::Tampered(bad)),
        None => Ok(report),
    }
}

/// Copies the lines of a segment below the checkpoint.
fn copy_segment(from: &dyn Disk, to: &dyn Disk, first: u64, size: u64) -> io::Result<()> {
    let name = segment::name(first);
    let mut lines = Lines::new(from, name.clone());
    let mut file = to.create(&name)?;
    let mut buffer = Vec::new();
    let mut seq = first;
    while let Some(line) = lines.next()? {
        // Lines that a failed disk has left behind are copied too: a later event accounts for them.
        if seq >= size {
            break;
        }
        buffer.extend_from_slice(line.bytes);
        if line.ended {
            buffer.push(b'\n');
        }
        if buffer.len() > 1 << 20 {
            file.write(&buffer)?;
            buffer.clear();
        }
        seq = seq.saturating_add(1);
    }
    file.write(&buffer)?;
    file.sync()
}

fn copy_level(from: &dyn Disk, to: &dyn Disk, level: usize, count: u64) -> io::Result<()> {
    const TOGETHER: u64 = 1 << 15;
    let mut file = to.create(&levels::name(level))?;
    let number = u8::try_from(level).unwrap_or(u8::MAX);
    let mut start = 0_u64;
    while start < count {
        let width = count.saturating_sub(start).min(TOGETHER);
        let hashes = Levels(from).hashes(number, start, usize::try_from(width).unwrap_or(0))?;
        let flat: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        file.write(&flat)?;
        start = start.saturating_add(width);
    }
    file.sync()
}

/// What is kept of a log; without a bound, everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Events that are younger are kept.
    pub age: Option<Duration>,
    /// As many bytes of the newest files are kept.
    pub bytes: Option<u64>,
}

impl Retention {
    /// Keeps what is younger than that.
    #[must_use]
    pub const fn younger_than(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// Keeps the newest files up to that many bytes.
    #[must_use]
    pub const fn newest(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }
}

/// Removes the oldest files of a log that nothing says to keep, and returns the first event that is left.
/// The hashes stay: everything else can still be proved. No other process may have the log open.
///
/// A file goes only whole, only below the checkpoint, and never the last one.
///
/// # Errors
///
/// [`ArchiveError`].
pub fn prune(
    folder: &Path,
    key: &VerifierKey,
    retention: &Retention,
    now: SystemTime,
) -> Result<u64, ArchiveError> {
    let disk = RealDisk::new(folder);
    let _lock = disk.lock().map_err(|error| match error.kind() {
        io::ErrorKind::ResourceBusy => ArchiveError::Busy,
        _ => ArchiveError::Io(error),
    })?;
    let sealed = stored_checkpoint(&disk, key)?.size();
    let segments = segment::all(&disk)?;
    let lengths: Vec<u64> = segments
        .iter()
        .map(|first| disk.length(&segment::name(*first)).map(|length| length.unwrap_or(0)))
        .collect::<io::Result<_>>()?;
    let mut left: u64 = lengths.iter().fold(0, |sum, length| sum.saturating_add(*length));
    let mut kept = segments.first().copied().unwrap_or(0);
    for (pair, length) in segments.windows(2).zip(&lengths) {
        let &[first, next] = pair else { break };
        let too_much = retention.bytes.is_some_and(|bytes| left > bytes);
        let too_old = match retention.age {
            Some(age) => is_older(&disk, next.saturating_sub(1), age, now)?,
            None => false,
        };
        if next > sealed || !(too_much || too_old) {
            break;
        }
        disk.remove(&segment::name(first))?;
        left = left.saturating_sub(*length);
        kept = next;
    }
    disk.sync_folder()?;
    Ok(kept)
}

/// Says whether the last event of a segment is older than that.
fn is_older(disk: &dyn Disk, last: u64, age: Duration, now: SystemTime) -> io::Result<bool> {
    let Some(line) = reader::line(disk, last)? else { return Ok(false) };
    let Some(bound) = now.checked_sub(age) else { return Ok(false) };
    let time = Stored::parse(&line).map_or(i64::MAX, |event| event.micros());
    Ok(time < event::micros(bound))
}
