//! What can go wrong with a backup.

use std::io;
use std::path::{Path, PathBuf};

use palisade_audit::ArchiveError;

use crate::store::OpenError;
use crate::trail::{TrailError, TrailTaskError};

/// Why a backup was not made, is not whole, or was not restored. The data folder is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BackupError {
    #[error("backup: audit trail: {0}")]
    Archive(#[from] ArchiveError),
    #[error("backup {0:?}: another command works in this folder; wait for its end")]
    Busy(PathBuf),
    /// What was found is not what was kept.
    #[error("backup: {name:?} {what}; take an older backup")]
    Changed { name: String, what: String },
    #[error("backup: {0}")]
    Database(#[from] OpenError),
    #[error("backup {path:?}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("backup {path:?}: {what}")]
    Manifest { path: PathBuf, what: String },
    #[error("backup {0:?}: there is none; name a backup, or the folder that holds them")]
    Missing(PathBuf),
    #[error("data folder {0:?} is not empty; move it away, or name another by --data")]
    NotEmpty(PathBuf),
    #[error("data folder {0:?} holds no portal yet; start it once")]
    NoPortal(PathBuf),
    #[error(
        "backup: the database is in PostgreSQL, which this command does not copy; use pg_dump for it, \
         and give this command no --postgres"
    )]
    Server,
    #[error(transparent)]
    Trail(#[from] TrailError),
    #[error(transparent)]
    Key(#[from] TrailTaskError),
}

impl BackupError {
    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }

    pub(super) fn changed(name: &str, what: impl Into<String>) -> Self {
        Self::Changed { name: name.to_owned(), what: what.into() }
    }
}
