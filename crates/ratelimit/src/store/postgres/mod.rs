//! `PostgreSQL`.

use std::fmt;

use sqlx::PgPool;

use super::reply::Wire;
use super::schema::{MigrateError, Schema, store_error};
use super::{Act, Ask, Store, StoreError, StoreFuture, Verdict, connection};

/// Counts in `PostgreSQL`; a clone is the same store. Give it to the limits inside a
/// [`Guarded`](super::Guarded).
///
/// All asks of a request are one statement, by the server's clock, in integers. The table is unlogged: a
/// crash of the server, and a failover, forget what was counted. Rows that owe nothing any more are
/// deleted on the way, a few hundred with one call in a hundred.
///
/// # Cost
///
/// One round trip and one short transaction for a request; a refusal writes nothing. A row takes about
/// 100 bytes.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

const SCHEMA: Schema = Schema { component: "limit", versions: &[include_str!("tables.sql")] };
const COUNT: &str = "SELECT palisade_limit_1($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const LOOK: i32 = 0;
const CHARGE: i32 = 1;
const GIVE_BACK: i32 = 2;

impl PostgresStore {
    /// Counts in that database; [`migrate`](Self::migrate) makes its tables.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Returns the SQL of the tables and functions, one script for each version.
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

    async fn run(&self, act: i32, asks: &[Ask]) -> Result<Vec<i64>, StoreError> {
        let word = |word: u64| i64::try_from(word).unwrap_or(i64::MAX);
        let wires: Vec<Wire> = asks.iter().map(|ask| Wire::of(ask.meter())).collect();
        // In one order, and each once: two requests never wait for each other in a circle.
        let mut locks: Vec<i64> = asks.iter().map(lock).collect();
        locks.sort_unstable();
        locks.dedup();
        let call = sqlx::query_scalar(COUNT)
            .bind(asks.iter().map(|ask| ask.subject().to_bytes().to_vec()).collect::<Vec<_>>())
            .bind(asks.iter().map(|ask| ask.rule().bits().cast_signed()).collect::<Vec<_>>())
            .bind(wires.iter().map(|wire| word(wire.kind)).collect::<Vec<_>>())
            .bind(wires.iter().map(|wire| word(wire.period)).collect::<Vec<_>>())
            .bind(wires.iter().map(|wire| word(wire.size)).collect::<Vec<_>>())
            .bind(asks.iter().map(|ask| i64::from(ask.amount())).collect::<Vec<_>>())
            .bind(asks.iter().map(Ask::is_binding).collect::<Vec<_>>())
            .bind(locks)
            .bind(act);
        let mut connection = connection::take(&self.pool).await?;
        call.fetch_one(&mut *connection).await.map_err(store_error)
    }
}

/// The number of a subject's advisory lock.
fn lock(ask: &Ask) -> i64 {
    let half = u64::try_from(ask.subject().hash() >> 64);
    half.map_or(0, u64::cast_signed)
}

impl Store for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn decide<'a>(&'a self, asks: &'a [Ask], act: Act) -> StoreFuture<'a, Verdict> {
        Box::pin(async move {
            let act = match act {
                Act::Charge => CHARGE,
                Act::Peek => LOOK,
            };
            Verdict::from_words(asks, &self.run(act, asks).await?)
        })
    }

    fn refund<'a>(&'a self, asks: &'a [Ask]) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.run(GIVE_BACK, asks).await.map(drop) })
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
