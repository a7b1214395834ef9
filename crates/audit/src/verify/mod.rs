//! Checking a log without trusting who wrote it.

mod walk;

use std::io;
use std::path::Path;

use thiserror::Error;

use crate::disk::RealDisk;
use crate::error::Tampered;
use crate::merkle::Hash;
use crate::note::{Checkpoint, CheckpointError, VerifierKey};

pub(crate) use walk::verify;

/// What a log is held to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Anchor {
    /// Its own checkpoint: whoever has its key can have written another history.
    Stored,
    /// Its own checkpoint, and one that was kept elsewhere: what it covered must still be there.
    Pinned(Checkpoint),
}

/// Why a log could not be checked at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The folder cannot be read.
    #[error("the log cannot be read: {0}")]
    Io(#[from] io::Error),
    /// There is no checkpoint.
    #[error("there is no checkpoint in this folder")]
    NoCheckpoint,
    /// The checkpoint is not this log's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many events are sealed by the checkpoint.
    pub size: u64,
    /// The signed root.
    pub root: Hash,
    /// The first event that is there; those before it were pruned.
    pub first: u64,
    /// Events behind the checkpoint, which nothing signs yet.
    pub unsealed: u64,
    /// Whether the last line is an event that was never acknowledged.
    pub torn: bool,
    /// Events that were lost, as the checkpoint says.
    pub dropped: u64,
    /// How many files were read.
    pub segments: u64,
    /// Whether the files of hashes lead to the same root; if not, the next opening makes them again.
    pub hashes: bool,
    /// The first event that is not what was sealed, if there is one.
    pub bad: Option<Tampered>,
}

impl Report {
    /// Says whether every sealed event is what it was.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.bad.is_none()
    }
}

/// Checks a log: each sealed event against its hash, all of them against the signed root, and that
/// against what is pinned.
///
/// The log may be open; what is recorded meanwhile is not part of the check.
///
/// # Errors
///
/// [`VerifyError`] if there is nothing to check. That something is wrong is no error but
/// [`Report::bad`].
///
/// # Example
///
/// ```
/// use palisade_audit::{Anchor, AuditLog, Event, LogKey, verify_dir};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let log = AuditLog::builder(folder, LogKey::from_seed("example.com/shop", &[7; 32])?).open()?;
/// log.record(Event::new("order.pay")).await?;
/// let pinned = log.checkpoint().await?;
/// let report = verify_dir(folder, log.verifier(), &Anchor::Pinned(pinned))?;
/// assert!(report.is_good() && report.size == 2);
/// # Ok(())
/// # }
/// ```
pub fn verify_dir(
    folder: &Path,
    key: &VerifierKey,
    anchor: &Anchor,
) -> Result<Report, VerifyError> {
    verify_with(folder, key, anchor, |_| ())
}

/// Checks a log as [`verify_dir`] does, and tells how many events have been read, now and then.
///
/// # Errors
///
/// As [`verify_dir`].
pub fn verify_with(
    folder: &Path,
    key: &VerifierKey,
    anchor: &Anchor,
    progress: impl FnMut(u64),
) -> Result<Report, VerifyError> {
    verify(&RealDisk::new(folder), key, anchor, progress)
}
