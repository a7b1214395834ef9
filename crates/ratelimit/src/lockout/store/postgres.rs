//! Locks in PostgreSQL, for many machines.

use std::fmt;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Postgres};

use super::rows::{Changes, Loaded, Row, number, range, unknown};
use super::shared::{SETS, listed};
use super::{Lock, LockoutStore};
use crate::ConfigError;
use crate::lockout::answer::{Answer, Reserved};
use crate::lockout::claim::{Claim, Kind};
use crate::lockout::moment::Moment;
use crate::lockout::set::{Key, Set};
use crate::store::connection;
use crate::store::schema::{MigrateError, Schema, store_error};
use crate::store::{StoreError, StoreFuture};

/// Locks in PostgreSQL, in a logged table: they survive a crash of the server; a clone is the same
/// store.
///
/// Time is the server's, so instances need not agree on theirs. Works behind a pool that hands out
/// connections by transaction; TLS as the pool's options say.
///
/// # Cost
///
/// A refusal is one statement; a failure three more and a commit; a success as many. A step holds an
/// advisory lock of its two sets, never two steps at once, and no longer than a second when its client
/// hangs.
#[derive(Clone)]
pub struct PostgresLockouts {
    pool: PgPool,
    room: u32,
}

const SCHEMA: Schema = Schema {
    component: "lockout",
    versions: &["CREATE TABLE palisade_lockout (
    kind BIGINT NOT NULL,
    key BYTEA NOT NULL,
    failures BIGINT NOT NULL,
    consecutive BIGINT NOT NULL,
    last_failure BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    source_1 BIGINT NOT NULL,
    source_2 BIGINT NOT NULL,
    source_3 BIGINT NOT NULL,
    source_4 BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX palisade_lockout_locked ON palisade_lockout (locked_until) WHERE locked_until > 0;"],
};
/// The server's time comes with every row, and alone when there are none.
const LOAD: &str = "WITH clock AS MATERIALIZED \
    (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) \
    SELECT clock.now, kind, key, CASE WHEN kind IS NOT NULL THEN ARRAY[failures, consecutive, \
    last_failure, locked_until, source_1, source_2, source_3, source_4] END FROM clock LEFT JOIN palisade_lockout ON \
    (kind = $1 AND key BETWEEN $2 AND $3) OR (kind = $4 AND key BETWEEN $5 AND $6)";
const WRITE: &str = "WITH removed AS (DELETE FROM palisade_lockout USING \
    unnest($1::bigint[], $2::bytea[]) AS gone (kind, key) \
    WHERE palisade_lockout.kind = gone.kind AND palisade_lockout.key = gone.key) \
    INSERT INTO palisade_lockout SELECT * FROM unnest($3::bigint[], $4::bytea[], $5::bigint[], \
    $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], \
    $12::bigint[]) ON CONFLICT (kind, key) DO UPDATE SET failures = excluded.failures, \
    consecutive = excluded.consecutive, last_failure = excluded.last_failure, \
    locked_until = excluded.locked_until, source_1 = excluded.source_1, \
    source_2 = excluded.source_2, source_3 = excluded.source_3, source_4 = excluded.source_4";
const REMOVE: &str = "DELETE FROM palisade_lockout WHERE kind = $1 AND key = $2";
const LOCKS: &str = "WITH clock AS MATERIALIZED \
    (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) \
    SELECT kind, key, failures, locked_until, clock.now FROM clock, palisade_lockout \
    WHERE locked_until > 0 AND locked_until > clock.now \
    ORDER BY locked_until DESC, kind, key LIMIT $1";
/// The first word of our advisory locks, `pall`; the second is kind and set.
const ADVISORY: i32 = 0x7061_6C6C;

type Joined = (i64, Option<i64>, Option<Vec<u8>>, Option<Vec<i64>>);

impl PostgresLockouts {
    /// The most accounts, and the most addresses, that can be remembered.
    pub const MAX_CAPACITY: u32 = 64 * SETS;

    /// Locks in that database; [`migrate`](Self::migrate) makes its tables.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool, room: 16 }
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
        SCHEMA.migrate_postgres(&self.pool).await
    }

    fn room(&self) -> usize {
        usize::try_from(self.room).unwrap_or(usize::MAX)
    }

    /// Does one step while nobody else does one in the same sets.
    async fn step<T>(
        connection: &mut PgConnection,
        claim: &Claim,
        act: impl FnOnce(&mut [&mut Set], Moment) -> T,
    ) -> Result<T, StoreError> {
        let mut transaction = connection.begin().await.map_err(store_error)?;
        let alone = sqlx::raw_sql(AssertSqlSafe(alone(claim)));
        alone.execute(&mut *transaction).await.map_err(store_error)?;
        // A statement of its own: its snapshot is taken when the lock is held.
        let (mut loaded, now) = load(&mut *transaction, claim).await?;
        let done = loaded.with(|sets| act(sets, now));
        let changes = loaded.changes();
        if !changes.is_empty() {
            write(&mut *transaction, changes).await.map_err(store_error)?;
        }
        transaction.commit().await.map_err(store_error)?;
        Ok(done)
    }
}

/// Takes the locks of the claim's sets, accounts before addresses, and bounds how long they are held.
fn alone(claim: &Claim) -> String {
    let locks = claim.subjects().map(|subject| {
        let [a, b, ..] = subject.key;
        let set = i32::from_be_bytes([0, subject.kind.number(), a, b]);
        format!("SELECT pg_advisory_xact_lock({ADVISORY}, {set})")
    });
    let bounds = [
        "SET LOCAL lock_timeout = '10s'".to_owned(),
        "SET LOCAL idle_in_transaction_session_timeout = '1s'".to_owned(),
    ];
    bounds.into_iter().chain(locks).collect::<Vec<_>>().join("; ")
}

async fn load<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    claim: &Claim,
) -> Result<(Loaded, Moment), StoreError> {
    let mut load = sqlx::query_as::<_, Joined>(LOAD);
    let mut subjects = claim.subjects();
    for _ in Kind::ALL {
        // NULL, where addresses are not locked, is between nothing.
        let bounds = subjects.next().map(|subject| (number(subject.kind), range(&subject.key)));
        load = load
            .bind(bounds.map(|(kind, _)| kind))
            .bind(bounds.map(|(_, (lowest, _))| lowest.to_vec()))
            .bind(bounds.map(|(_, (_, highest))| highest.to_vec()));
    }
    let joined = load.fetch_all(executor).await.map_err(store_error)?;
    let now = joined.first().map(|row| row.0).ok_or_else(unknown)?;
    let rows = joined.into_iter().filter_map(row).collect();
    let now = Moment::from_millis(u64::try_from(now).unwrap_or(0));
    Ok((Loaded::new(claim, rows)?, now))
}

fn row(joined: Joined) -> Option<Row> {
    let (_, kind, key, words) = joined;
    Some((kind?, key?, words?))
}

async fn write<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    changes: Changes,
) -> sqlx::Result<()> {
    let (gone_kinds, gone_keys): (Vec<i64>, Vec<Vec<u8>>) =
        changes.remove.iter().map(|(kind, key)| (*kind, key.to_vec())).unzip();
    let kinds: Vec<i64> = changes.write.iter().map(|(kind, ..)| *kind).collect();
    let keys: Vec<Vec<u8>> = changes.write.iter().map(|(_, key, _)| key.to_vec()).collect();
    let mut write = sqlx::query(WRITE).bind(gone_kinds).bind(gone_keys).bind(kinds).bind(keys);
    for column in 0..8 {
        let words = changes.write.iter().map(|(.., words)| words.get(column).copied().unwrap_or(0));
        write = write.bind(words.collect::<Vec<i64>>());
    }
    write.execute(executor).await.map(drop)
}

impl LockoutStore for PostgresLockouts {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Answer> {
        Box::pin(async move {
            // One connection for both: in a crowd, who comes later is refused without a lock.
            let mut connection = connection::take(&self.pool).await?;
            let (mut loaded, now) = load(&mut *connection, claim).await?;
            let answer = loaded.with(|sets| claim.begin(sets, self.room(), now));
            if matches!(answer, Answer::Locked(_)) && !loaded.is_ahead_of(now) {
                return Ok(answer);
            }
            let act = |sets: &mut [&mut Set], now| claim.begin(sets, self.room(), now);
            Self::step(&mut connection, claim, act).await
        })
    }

    fn succeed<'a>(&'a self, claim: &'a Claim, reserved: &'a Reserved) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut connection = connection::take(&self.pool).await?;
            let act = |sets: &mut [&mut Set], now| claim.succeed(reserved, sets, now);
            Self::step(&mut connection, claim, act).await
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
            let rows: Vec<(i64, Vec<u8>, i64, i64, i64)> = sqlx::query_as(LOCKS)
                .bind(i64::try_from(most).unwrap_or(i64::MAX))
                .fetch_all(&self.pool)
                .await
                .map_err(store_error)?;
            let locks = rows.into_iter().map(|(kind, key, failures, until, now)| {
                let now = Moment::from_millis(u64::try_from(now).unwrap_or(0));
                listed((kind, key, failures, until), now)
            });
            locks.collect::<Option<_>>().ok_or_else(unknown)
        })
    }
}

impl fmt::Debug for PostgresLockouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresLockouts").field("room", &self.room).finish_non_exhaustive()
    }
}
