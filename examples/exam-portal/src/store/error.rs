//! What can go wrong with the database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use palisade_passwords::reset::MigrateError;
use sqlx::error::ErrorKind;
use sqlx::postgres::PgDatabaseError;

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
        "database {place} is of version {found}, this program knows versions up to {known}; \
         start the newer program, or restore a backup made before it ran"
    )]
    Newer { place: String, found: i64, known: i64 },
    #[error("database {place} is damaged: {what}; restore a backup")]
    Damaged { place: String, what: String },
    #[error("database {place} belongs to another program; name another one")]
    Foreign { place: String },
    #[error("database {place}: {source}; see that the disk has room and no other program holds it")]
    Database { place: String, source: sqlx::Error },
    #[error(
        "database {place}: {source}; see that the server runs, that name and password are right \
         and that it offers what sslmode asks for"
    )]
    Server { place: String, source: sqlx::Error },
    #[error("database {place}: no answer in {} s; see that the server runs and is reached", .waited.as_secs())]
    Silent { place: String, waited: Duration },
    #[error(transparent)]
    ResetTables(#[from] MigrateError),
}

impl OpenError {
    /// Writes a path as messages name it: quoted, control characters escaped.
    pub(super) fn place(path: &Path) -> String {
        format!("{:?}", path.to_string_lossy())
    }

    pub(super) fn file(path: &Path, source: sqlx::Error) -> Self {
        let place = Self::place(path);
        match primary_code(&source) {
            // SQLITE_CORRUPT and SQLITE_NOTADB.
            Some(11 | 26) => Self::Damaged { place, what: source.to_string() },
            _ => Self::Database { place, source },
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
    /// What a load failed with that others waited for too.
    #[error(transparent)]
    Shared(Arc<Self>),
    #[error("the statement took longer than allowed")]
    TimedOut,
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    #[error("database: {0}")]
    Other(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => return Self::Busy,
            sqlx::Error::Io(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed => return Self::Unreachable(error),
            _ => {}
        }
        if let Some(code) = sqlstate(&error) {
            return Self::of_postgres(code, error);
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

impl StoreError {
    /// Reads a SQLSTATE (PostgreSQL's documentation, appendix A).
    fn of_postgres(code: [u8; 5], error: sqlx::Error) -> Self {
        match &code {
            b"23505" => Self::Duplicate,
            // A lock, a serialisation or a deadlock that somebody else won.
            b"55P03" | b"40001" | b"40P01" => Self::Busy,
            // statement_timeout, and idle_in_transaction_session_timeout.
            b"57014" | b"25P03" => Self::TimedOut,
            // No more connections, disk or memory; the server goes down or comes up.
            [b'5', b'3', ..] | [b'5', b'7', b'P', ..] | [b'0', b'8', ..] => {
                Self::Unreachable(error)
            }
            _ => Self::Other(error),
        }
    }
}

/// The low byte of an extended result code is the primary one.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn sqlstate(error: &sqlx::Error) -> Option<[u8; 5]> {
    let error = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    error.code().as_bytes().try_into().ok()
}
