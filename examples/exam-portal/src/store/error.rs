//! What can go wrong with the database.

use std::path::{Path, PathBuf};

use sqlx::error::ErrorKind;

/// Why the data folder or its database cannot be used; nothing in it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OpenError {
    #[error("data folder {path:?}: {source}; name a folder that this user may write")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("data folder {path:?} is a file; name a folder")]
    NotAFolder { path: PathBuf },
    #[error("database {path:?}: {source}; give this user the right to read and write it")]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "database {path:?} is of version {found}, this program knows versions up to {known}; \
         start the newer program, or restore a backup made before it ran"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("database {path:?} is damaged: {what}; restore a backup")]
    Damaged { path: PathBuf, what: String },
    #[error("database {path:?} belongs to another program; name another data folder")]
    Foreign { path: PathBuf },
    #[error(
        "database {path:?}: {source}; see that the disk has room and no other program holds it"
    )]
    Database { path: PathBuf, source: sqlx::Error },
}

impl OpenError {
    pub(super) fn database(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        match primary_code(&source) {
            // SQLITE_CORRUPT and SQLITE_NOTADB.
            Some(11 | 26) => Self::Damaged { path, what: source.to_string() },
            _ => Self::Database { path, source },
        }
    }
}

/// Why a call to the database failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StoreError {
    #[error("no connection or lock was free in time")]
    Busy,
    #[error("another row has this key")]
    Duplicate,
    #[error("the statement took longer than allowed")]
    TimedOut,
    #[error("database: {0}")]
    Other(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy;
        }
        let kind = error.as_database_error().map(sqlx::error::DatabaseError::kind);
        match (kind, primary_code(&error)) {
            (Some(ErrorKind::UniqueViolation), _) => Self::Duplicate,
            // SQLITE_BUSY and SQLITE_LOCKED.
            (_, Some(5 | 6)) => Self::Busy,
            // SQLITE_INTERRUPT: the deadline's handler said stop.
            (_, Some(9)) => Self::TimedOut,
            _ => Self::Other(error),
        }
    }
}

/// The low byte of an extended result code is the primary one.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
