//! `SQLite`: where the store in memory outlives its process.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use sqlx::SqlitePool;

use super::schema::{MigrateError, Schema, store_error};
use super::{MemoryStore, SnapshotError, StoreError};
use crate::key::KeyHasher;

/// Keeps what a [`MemoryStore`] has counted in a database: at intervals, at shutdown, and back at the
/// next start; a clone is the same database.
///
/// For one machine. A crash forgets what was counted since the last time.
///
/// # Example
///
/// ```no_run
/// # use std::{sync::Arc, time::Duration};
/// # use palisade_ratelimit::{key::KeyHasher, store::{MemoryStore, SqliteSnapshots}};
/// # async fn start(pool: sqlx::SqlitePool, shutdown: impl Future<Output = ()> + Send + 'static)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let hasher = KeyHasher::keyed(b"the same forever");
/// let store = Arc::new(MemoryStore::with_bytes(16 << 20)?);
/// let snapshots = SqliteSnapshots::new(pool);
/// snapshots.migrate().await?;
/// snapshots.restore(&store, &hasher).await?;
/// let (kept, every) = (Arc::clone(&store), Duration::from_secs(10));
/// tokio::spawn(async move { snapshots.keep(&kept, &hasher, every, shutdown).await });
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteSnapshots {
    pool: SqlitePool,
}

/// Why nothing was taken over from a database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// What is there is of no use to this store; it starts empty.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const SCHEMA: Schema = Schema {
    component: "limit",
    versions: &["CREATE TABLE palisade_limit_snapshot (
    name TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;"],
};
const SAVE: &str = "INSERT INTO palisade_limit_snapshot (name, bytes) VALUES ('limits', ?1) \
    ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes";
const LOAD: &str = "SELECT bytes FROM palisade_limit_snapshot WHERE name = 'limits'";

impl SqliteSnapshots {
    /// Keeps counts in that database; [`migrate`](Self::migrate) makes its table.
    #[must_use]
    pub const fn new(pool: SqlitePool) -> Self {
        Self { pool }
    }

    /// Returns the SQL of the table, one script for each version.
    #[must_use]
    pub const fn schema() -> &'static [&'static str] {
        SCHEMA.versions
    }

    /// Makes the table, or brings that of an older release up to date.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Newer`] for the table of a newer release; else what the database said.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        SCHEMA.migrate_sqlite(&self.pool).await
    }

    /// Writes down what the store has counted.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database does not answer.
    pub async fn save(&self, store: &MemoryStore, hasher: &KeyHasher) -> Result<(), StoreError> {
        let save = sqlx::query(SAVE).bind(store.snapshot(hasher));
        save.execute(&self.pool).await.map(drop).map_err(store_error)
    }

    /// Takes over what was written down, less what was earned since; says whether there was anything.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]; nothing is taken over then.
    pub async fn restore(
        &self,
        store: &MemoryStore,
        hasher: &KeyHasher,
    ) -> Result<bool, RestoreError> {
        let found = sqlx::query_scalar(LOAD).fetch_optional(&self.pool).await;
        let found: Option<Vec<u8>> = found.map_err(store_error)?;
        if let Some(bytes) = &found {
            store.restore(bytes, hasher)?;
        }
        Ok(found.is_some())
    }

    /// Saves again and again, the last time when `shutdown` is over; what fails is logged and tried at
    /// the next time.
    ///
    /// Intervals below 10 ms are 10 ms.
    ///
    /// # Errors
    ///
    /// Those of the last [`save`](Self::save).
    pub async fn keep(
        &self,
        store: &MemoryStore,
        hasher: &KeyHasher,
        every: Duration,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), StoreError> {
        let (mut shutdown, every) = (pin!(shutdown), every.max(Duration::from_millis(10)));
        while tokio::time::timeout(every, &mut shutdown).await.is_err() {
            if let Err(error) = self.save(store, hasher).await {
                tracing::warn!(kind = error.kind().as_str(), "counts could not be saved");
            }
        }
        self.save(store, hasher).await
    }
}

impl fmt::Debug for SqliteSnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteSnapshots").finish_non_exhaustive()
    }
}
