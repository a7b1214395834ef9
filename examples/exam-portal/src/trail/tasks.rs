//! `exam-portal audit ...`: on the files of a data folder, whether a portal serves from it or not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use palisade_audit::query::{Filter, Index, IndexError, Limit, Stored};
use palisade_audit::{
    Anchor, Checkpoint, CheckpointError, KeyError, VerifierKey, VerifyError, verify_dir,
};

use super::of_data;

/// What is asked of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuditTask {
    Query { actor: Option<String>, action: Option<String>, target: Option<String>, limit: u64 },
    Tail { count: u64 },
    Verify { pinned: Option<PathBuf> },
}

/// Why a task was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrailTaskError {
    #[error("audit: {path:?}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("audit: {0}")]
    Index(#[from] IndexError),
    #[error("audit: {path:?}: {source}")]
    Key { path: PathBuf, source: KeyError },
    #[error("audit: the pinned checkpoint {path:?}: {source}")]
    Pinned { path: PathBuf, source: CheckpointError },
    /// The trail is not what was signed.
    #[error("audit: {0}")]
    Tampered(palisade_audit::Tampered),
    #[error("audit: {0}")]
    Verify(#[from] VerifyError),
}

/// Does a task; returns the lines that answer it.
pub(crate) fn run(data: &Path, task: AuditTask) -> Result<Vec<String>, TrailTaskError> {
    match task {
        AuditTask::Query { actor, action, target, limit } => {
            let mut filter = Filter::new();
            filter = actor.into_iter().fold(filter, Filter::actor);
            filter = action.into_iter().fold(filter, Filter::action);
            filter = target.into_iter().fold(filter, Filter::target);
            find(data, &filter, limit)
        }
        AuditTask::Tail { count } => {
            let mut lines = find(data, &Filter::new(), count)?;
            lines.reverse();
            Ok(lines)
        }
        AuditTask::Verify { pinned } => verify(data, pinned).map(|line| vec![line]),
    }
}

/// Looks in an index of its own: the portal's may be in use.
fn find(data: &Path, filter: &Filter, limit: u64) -> Result<Vec<String>, TrailTaskError> {
    let path = data.join("audit.commands.index");
    let index = Index::open(&of_data(data), &path)?;
    index.catch_up()?;
    let page = index.query(filter, Limit::new(limit), None)?;
    Ok(page.items.iter().map(line).collect())
}

fn line(event: &Stored) -> String {
    serde_json::to_string(event).unwrap_or_else(|_| format!("{{\"seq\":{}}}", event.seq))
}

/// Reads the key by which the trail of a data folder is checked.
pub(crate) fn verifier(data: &Path) -> Result<VerifierKey, TrailTaskError> {
    let path = data.join("audit.vkey");
    let text = String::from_utf8_lossy(&read(&path)?).into_owned();
    text.parse().map_err(|source| TrailTaskError::Key { path, source })
}

fn read(path: &Path) -> Result<Vec<u8>, TrailTaskError> {
    fs::read(path).map_err(|source| TrailTaskError::File { path: path.to_owned(), source })
}

fn verify(data: &Path, pinned: Option<PathBuf>) -> Result<String, TrailTaskError> {
    let key = verifier(data)?;
    let anchor = match pinned {
        None => Anchor::Stored,
        Some(path) => match Checkpoint::verify(&read(&path)?, &key) {
            Ok(checkpoint) => Anchor::Pinned(checkpoint),
            Err(source) => return Err(TrailTaskError::Pinned { path, source }),
        },
    };
    let report = verify_dir(&of_data(data), &key, &anchor)?;
    match report.bad {
        Some(bad) => Err(TrailTaskError::Tampered(bad)),
        None => Ok(format!(
            "verified: {} events, root {}, {} behind the checkpoint, {} dropped",
            report.size, report.root, report.unsealed, report.dropped
        )),
    }
}
