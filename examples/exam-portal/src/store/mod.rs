//! The portal's database: `SQLite` through a pool, every use of a connection bounded in time.

mod deadline;
mod demo;
mod error;
mod file;
mod header;
mod migrate;
mod students;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use palisade_core::Clock;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub(crate) use error::{OpenError, StoreError};
pub(crate) use students::Counts;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// From taking a connection to the end of the last statement on it.
    pub(crate) statements: Duration,
    /// Wait for a free connection.
    pub(crate) acquire: Duration,
    /// Wait for another writer's lock.
    pub(crate) busy: Duration,
    pub(crate) connections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            statements: Duration::from_secs(5),
            acquire: Duration::from_secs(2),
            busy: Duration::from_secs(2),
            connections: 8,
        }
    }
}

/// The database, open and migrated.
///
/// A clone shares the pool.
#[derive(Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("pool", &self.pool).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database in `folder`, which is made with it if need be, and migrates it.
    ///
    /// A new database is filled with demo data.
    ///
    /// # Errors
    ///
    /// What stands in the way, with what to do about it; a file that is not ours, is damaged or
    /// comes from a newer version is left as it is.
    pub(crate) async fn open(
        folder: &Path,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let path = file::prepare(folder)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(limits.busy);
        migrate::migrate(&options, &path, clock.wall()).await?;
        let pool = deadline::bound(SqlitePoolOptions::new(), limits.statements, &clock)
            .max_connections(limits.connections)
            .acquire_timeout(limits.acquire)
            .connect_with(options)
            .await
            .map_err(|source| OpenError::database(&path, source))?;
        Ok(Self { pool, clock })
    }

    /// Asks the database for one row.
    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT id FROM students LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(())
    }

    /// Returns the day by the clock of the store, in UTC.
    pub(crate) fn today(&self) -> Date {
        let now = Timestamp::try_from(self.clock.wall()).unwrap_or(Timestamp::MAX);
        now.to_zoned(TimeZone::UTC).date()
    }

    /// Waits for what runs, then closes every connection; the write-ahead log is folded back.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
