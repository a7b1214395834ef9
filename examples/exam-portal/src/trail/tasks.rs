//! `exam-portal audit ...`: on the files of a data folder, whether a portal serves from it or not, or on
//! the database that all instances copy their trails to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use palisade_audit::postgres::PostgresError;
use palisade_audit::query::{Filter, Index, IndexError, Limit};
use palisade_audit::{
    Anchor, Checkpoint, CheckpointError, KeyError, VerifierKey, VerifyError, verify_dir,
};
use serde::Serialize;

use super::{Shared, of_data};

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
    #[error(transparent)]
    Shared(#[from] PostgresError),
    #[error("audit: the task was cut off")]
    Stopped,
    #[error("audit: {0}")]
    Verify(#[from] VerifyError),
}

/// Does a task; returns the lines that answer it.
pub(crate) async fn run(
    data: PathBuf,
    shared: Shared,
    task: AuditTask,
) -> Result<Vec<String>, TrailTaskError> {
    match task {
        AuditTask::Query { actor, action, target, limit } => {
            let mut filter = Filter::new();
            filter = actor.into_iter().fold(filter, Filter::actor);
            filter = action.into_iter().fold(filter, Filter::action);
            filter = target.into_iter().fold(filter, Filter::target);
            find(data, shared, filter, limit).await
        }
        AuditTask::Tail { count } => {
            let mut lines = find(data, shared, Filter::new(), count).await?;
            lines.reverse();
            Ok(lines)
        }
        AuditTask::Verify { pinned } => {
            waited(move || verify(&data, pinned)).await.map(|line| vec![line])
        }
    }
}

/// Does what waits for files.
async fn waited<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TrailTaskError> + Send + 'static,
) -> Result<T, TrailTaskError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(TrailTaskError::Stopped))
}

/// Finds events of all instances where they share a database, else those of the data folder.
async fn find(
    data: PathBuf,
    shared: Shared,
    filter: Filter,
    limit: u64,
) -> Result<Vec<String>, TrailTaskError> {
    let limit = Limit::new(limit);
    if let Some(store) = shared.0 {
        let page = store.query(&filter, limit, None).await?;
        return Ok(page.items.iter().map(|found| line(found, found.event.seq)).collect());
    }
    waited(move || {
        // In an index of its own: the portal's may be in use.
        let index = Index::open(&of_data(&data), &data.join("audit.commands.index"))?;
        index.catch_up()?;
        let page = index.query(&filter, limit, None)?;
        Ok(page.items.iter().map(|event| line(event, event.seq)).collect())
    })
    .await
}

fn line(event: &impl Serialize, seq: u64) -> String {
    serde_json::to_string(event).unwrap_or_else(|_| format!("{{\"seq\":{seq}}}"))
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
