//! `SQLite`: one file in the data folder.

mod deadline;
mod file;
mod header;
mod migrate;
mod snapshot;

use std::path::Path;
use std::sync::Arc;

use palisade_core::Clock;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Limits, OpenError, Seed};
pub(crate) use file::NAME;
pub(crate) use snapshot::{examine, snapshot};

/// Opens the database in `folder`, which is made with it if need be, and migrates it.
pub(super) async fn open(
    folder: &Path,
    limits: Limits,
    clock: &Arc<dyn Clock>,
    seed: Seed,
) -> Result<SqlitePool, OpenError> {
    let path = file::prepare(folder)?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(limits.busy);
    migrate::migrate(&options, &path, seed).await?;
    deadline::bound(SqlitePoolOptions::new(), limits.statements, clock)
        .max_connections(limits.connections)
        .acquire_timeout(limits.acquire)
        .connect_with(options)
        .await
        .map_err(|source| OpenError::file(&path, source))
}
