//! Locks in `SQLite`, for one machine.

use std::fmt;
use std::sync::Arc;

use palisade_core::Clock;
use sqlx::{Connection, Row as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::rows::{Changes, Loaded, Row, number, range, unknown};
use super::shared::{Listed, SETS, listed};
use super::{Lock, LockoutStore};
use crate::ConfigError;
use crate::lockout::answer::{Answer, Reserved};
use crate::lockout::claim::{Claim, Kind};
use crate::lockout::moment::Moment;
use crate::lockout::set::{Key, Set};
use crate::store::connection;
use crate::store::schema::{MigrateError, Schema, store_error};
use crate::store::{StoreError, StoreFuture};

/// Locks in `SQLite`: they survive a crash, and processes of one machine share them; a clone is the same
/// store.
///
/// Time is the wall clock's, since it has to outlast the process. A step back makes no lock longer: it
/// begins anew. A step forward ends locks early by as much.
///
/// # Cost
///
/// A refusal is one read; a failure one write transaction; a success one more. The file holds 16 rows
/// of about 60 bytes in each of 65,536 sets of accounts and as many of addresses, 120 MiB, when a
/// flood has filled it.
#[derive(Clone)]
pub struct SqliteLockouts {
    pool: SqlitePool,
    clock: Arc<dyn Clock>,
    room: u32,
}

const SCHEMA: Schema = Schema {
    component: "lockout",
    versions: &["CREATE TABLE palisade_lockout (
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    failures INTEGER NOT NULL,
    consecutive INTEGER NOT NULL,
    last_failure INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    source_1 INTEGER NOT NULL,
    source_2 INTEGER NOT NULL,
    source_3 INTEGER NOT NULL,
    source_4 INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX palisade_lockout_locked ON palisade_lockout (locked_until) WHERE locked_until > 0;"],
};
const LOAD: &str = "SELECT kind, key, failures, consecutive, last_failure, locked_until, \
    source_1, source_2, source_3, source_4 FROM palisade_lockout \
    WHERE kind = ?1 AND key BETWEEN ?2 AND ?3";
const WRITE: &str =
    "INSERT OR REPLACE INTO palisade_lockout VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const REMOVE: &str = "DELETE FROM palisade_lockout WHERE kind = ?1 AND key = ?2";
const LOCKS: &str = "SELECT kind, key, failures, locked_until FROM palisade_lockout \
    WHERE locked_until > 0 AND locked_until > ?1 ORDER BY locked_until DESC, kind, key LIMIT ?2";

impl SqliteLockouts {
    /// The most accounts, and the most addresses, that can be remembered.
    pub const MAX_CAPACITY: u32 = 64 * SETS;

    /// Locks in that database; [`migrate`](Self::migrate) makes its tables.
    #[must_use]
    pub fn new(pool: SqlitePool, clock: impl Clock) -> Self {
        Self { pool, clock: Arc::new(clock), room: 16 }
    }

    /// Remembers so many accounts and as many addresses, rounded up to a multiple of 65,536, instead
    /// of 1,048,576.
    ///
    /// # Errors
    ///
    /// Refuses numbers outside 1 to [`MAX_CAPACITY`](Self::MAX_CAPACITY).
    pub fn capacity(mut self, subjects: u32) -> Result<Self, ConfigError> {
        let subjects = ConfigError::number("capacity", subjects, 1, Self::MAX_CAPACITY)?;
        self.room = subjects.div_ceil(SETS);
        Ok(self)
    }

    /// Returns the SQL of the tables, one script for each version.
    #[must_use]
    pub const fn schema() -> &'static [&'static str] {
        SCHEMA.versions
    }

    /// Makes the tables, or brings those of an older release up to date.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Newer`] for the tables of a newer release; else what the database said.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        SCHEMA.migrate_sqlite(&self.pool).await
    }

    fn now(&self) -> Moment {
        Moment::from_wall(self.clock.wall())
    }

    fn room(&self) -> usize {
        usize::try_from(self.room).unwrap_or(usize::MAX)
    }

    /// Does one step under the lock for writing.
    async fn step<T>(
        &self,
        connection: &mut SqliteConnection,
        claim: &Claim,
        act: impl FnOnce(&mut [&mut Set], Moment) -> T,
    ) -> Result<T, StoreError> {
        let begun = connection.begin_with("BEGIN IMMEDIATE").await;
        let mut transaction = begun.map_err(store_error)?;
        let rows = load(&mut transaction, claim).await.map_err(store_error)?;
        let mut loaded = Loaded::new(claim, rows)?;
        // Asked under the lock: times go the way the steps go.
        let now = self.now();
        let done = loaded.with(|sets| act(sets, now));
        write(&mut transaction, &loaded.changes()).await.map_err(store_error)?;
        transaction.commit().await.map_err(store_error)?;
        Ok(done)
    }

    /// Refuses without a lock where that is enough.
    async fn glance(
        &self,
        connection: &mut SqliteConnection,
        claim: &Claim,
    ) -> Result<Option<Answer>, StoreError> {
        let mut transaction = connection.begin().await.map_err(store_error)?;
        let rows = load(&mut transaction, claim).await.map_err(store_error)?;
        transaction.rollback().await.map_err(store_error)?;
        let (mut loaded, now) = (Loaded::new(claim, rows)?, self.now());
        let answer = loaded.with(|sets| claim.begin(sets, self.room(), now));
        let refused = matches!(answer, Answer::Locked(_)) && !loaded.is_ahead_of(now);
        Ok(refused.then_some(answer))
    }
}

async fn load(transaction: &mut Transaction<'_, Sqlite>, claim: &Claim) -> sqlx::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for subject in claim.subjects() {
        let (lowest, highest) = range(&subject.key);
        let found = sqlx::query(LOAD)
            .bind(number(subject.kind))
            .bind(lowest.as_slice())
            .bind(highest.as_slice())
            .fetch_all(&mut **transaction)
            .await?;
        for row in found {
            let words = (2..row.len()).map(|column| row.try_get(column));
            rows.push((row.try_get(0)?, row.try_get(1)?, words.collect::<sqlx::Result<_>>()?));
        }
    }
    Ok(rows)
}

async fn write(transaction: &mut Transaction<'_, Sqlite>, changes: &Changes) -> sqlx::Result<()> {
    for (kind, key) in &changes.remove {
        let remove = sqlx::query(REMOVE).bind(kind).bind(key.as_slice());
        remove.execute(&mut **transaction).await?;
    }
    for (kind, key, words) in &changes.write {
        let mut write = sqlx::query(WRITE).bind(kind).bind(key.as_slice());
        for word in words {
            write = write.bind(word);
        }
        write.execute(&mut **transaction).await?;
    }
    Ok(())
}

impl LockoutStore for SqliteLockouts {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Answer> {
        Box::pin(async move {
            // One connection for both: in a crowd, who comes later is refused without a lock.
            let mut connection = connection::take(&self.pool).await?;
            if let Some(refused) = self.glance(&mut connection, claim).await? {
                return Ok(refused);
            }
            let act = |sets: &mut [&mut Set], now| claim.begin(sets, self.room(), now);
            self.step(&mut connection, claim, act).await
        })
    }

    fn succeed<'a>(&'a self, claim: &'a Claim, reserved: &'a Reserved) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut connection = connection::take(&self.pool).await?;
            let act = |sets: &mut [&mut Set], now| claim.succeed(reserved, sets, now);
            self.step(&mut connection, claim, act).await
        })
    }

    fn unlock(&self, kind: Kind, key: Key) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let remove = sqlx::query(REMOVE).bind(number(kind)).bind(key.to_vec());
            let done = remove.execute(&self.pool).await.map_err(store_error)?;
            Ok(done.rows_affected() > 0)
        })
    }

    fn locks(&self, most: usize) -> StoreFuture<'_, Vec<Lock>> {
        Box::pin(async move {
            let now = self.now();
            let rows: Vec<Listed> = sqlx::query_as(LOCKS)
                .bind(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
                .bind(i64::try_from(most).unwrap_or(i64::MAX))
                .fetch_all(&self.pool)
                .await
                .map_err(store_error)?;
            rows.into_iter().map(|row| listed(row, now)).collect::<Option<_>>().ok_or_else(unknown)
        })
    }
}

impl fmt::Debug for SqliteLockouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLockouts").field("room", &self.room).finish_non_exhaustive()
    }
}
