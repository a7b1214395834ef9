//! One event, and why it is in the log.

use std::fmt;
use std::io;
use std::path::Path;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::disk::{Disk, RealDisk, read_small};
use crate::levels::Levels;
use crate::log::CHECKPOINT;
use crate::merkle::{self, Hash, verify_inclusion};
use crate::note::{Checkpoint, CheckpointError, VerifierKey};
use crate::reader;

/// Why there is no proof.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Io(#[from] io::Error),
    /// There is no checkpoint, or it is not this log's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log has no such event, no checkpoint covers it yet, or it was pruned.
    #[error("there is no event {0} below the checkpoint")]
    Unknown(u64),
    /// What is on the disk does not lead to the signed root.
    #[error("event {0} is not what was sealed: run `verify`")]
    Tampered(u64),
}

/// Why a proof shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnprovedError {
    /// The checkpoint is not taken.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The text is no proof.
    #[error("it is not a proof as c2sp.org/tlog-proof@v1 writes it")]
    Syntax,
    /// The path does not lead from the event to the root.
    #[error(transparent)]
    Path(#[from] merkle::ProofError),
}

/// An event, the path from it to a root, and the signature on that root.
///
/// Its text is a C2SP tlog-proof; its JSON has the event beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Proof {
    /// The number of the event.
    pub seq: u64,
    /// How many events the checkpoint covers.
    pub size: u64,
    /// The event as it is stored.
    pub event: String,
    /// The path, from the event upwards.
    #[serde(serialize_with = "as_text")]
    pub path: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

fn as_text<S: Serializer>(path: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(path.iter().map(ToString::to_string))
}

/// The first line of a proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Hashes of the longest path.
const LONGEST: usize = 63;

impl Proof {
    /// Reads a C2SP tlog-proof of an event that is known; [`verify`](Self::verify) says whether it is one.
    ///
    /// # Errors
    ///
    /// [`UnprovedError::Syntax`].
    pub fn parse(text: &str, event: &str) -> Result<Self, UnprovedError> {
        let wrong = UnprovedError::Syntax;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(wrong)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(wrong);
        }
        let seq =
            lines.next().and_then(|line| number(line.strip_prefix("index ")?)).ok_or(wrong)?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() >= LONGEST {
                return Err(wrong);
            }
            path.push(line.parse().map_err(|_| wrong)?);
        }
        let size = checkpoint.split('\n').nth(1).and_then(number).ok_or(wrong)?;
        let (event, checkpoint) = (event.to_owned(), checkpoint.to_owned());
        Ok(Self { seq, size, event, path, checkpoint })
    }

    /// Checks that the event is in the log of that key.
    ///
    /// # Errors
    ///
    /// [`UnprovedError`] if that is not shown.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), UnprovedError> {
        let checkpoint = Checkpoint::verify(self.checkpoint.as_bytes(), key)?;
        let leaf = merkle::leaf(self.event.as_bytes());
        Ok(verify_inclusion(&leaf, self.seq, checkpoint.size(), checkpoint.root(), &self.path)?)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nindex {}", self.seq)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// A number as it is written: digits, without leading zeros.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// Proves an event of the log in that folder; the log may be open.
///
/// # Errors
///
/// [`ProveError`].
pub fn prove(folder: &Path, key: &VerifierKey, seq: u64) -> Result<Proof, ProveError> {
    let disk = RealDisk::new(folder);
    let checkpoint = stored_checkpoint(&disk, key)?;
    let size = checkpoint.size();
    if seq >= size {
        return Err(ProveError::Unknown(seq));
    }
    let line = reader::line(&disk, seq)?.ok_or(ProveError::Unknown(seq))?;
    let path = merkle::inclusion(&Levels(&disk), seq, size)?;
    let event = String::from_utf8(line).map_err(|_| ProveError::Tampered(seq))?;
    let proof = Proof { seq, size, event, path, checkpoint: checkpoint.note().to_owned() };
    proof.verify(key).map_err(|_| ProveError::Tampered(seq))?;
    Ok(proof)
}

/// Proves that the first `old` events are the beginning of what the log's checkpoint covers; returns
/// that checkpoint and the proof for [`merkle::verify_consistency`].
///
/// # Errors
///
/// [`ProveError`]; `Unknown` if the checkpoint covers fewer than `old`.
pub fn prove_consistency(
    folder: &Path,
    key: &VerifierKey,
    old: u64,
) -> Result<(Checkpoint, Vec<Hash>), ProveError> {
    let disk = RealDisk::new(folder);
    let checkpoint = stored_checkpoint(&disk, key)?;
    if old > checkpoint.size() {
        return Err(ProveError::Unknown(old));
    }
    let proof = merkle::consistency(&Levels(&disk), old, checkpoint.size())?;
    Ok((checkpoint, proof))
}

/// Reads the checkpoint of a log.
pub(crate) fn stored_checkpoint(
    disk: &dyn Disk,
    key: &VerifierKey,
) -> Result<Checkpoint, ProveError> {
    let missing = || io::Error::from(io::ErrorKind::NotFound);
    let note = read_small(disk, CHECKPOINT)?.ok_or_else(missing)?;
    Ok(Checkpoint::verify(&note, key)?)
}
