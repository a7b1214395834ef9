//! The portal's database, on either of two engines; every use of it is bounded in time.

mod announcements;
mod copies;
mod demo;
mod engine;
mod error;
mod exams;
mod migrations;
mod payments;
mod postgres;
mod resets;
mod sessions;
mod settings;
mod sqlite;
mod students;
mod users;

#[cfg(test)]
mod contract;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use palisade_cache::Outcome;
use palisade_core::Clock;

pub(crate) use error::{OpenError, StoreError};
pub(crate) use resets::{NoAccount, ResetLinks};
pub(crate) use sessions::SessionRow;
pub(crate) use sqlite::{NAME as SQLITE_FILE, examine, snapshot};
pub(crate) use students::Counts;
pub(crate) use users::Credentials;

use crate::caches::Caches;
use crate::config::PostgresUrl;
use engine::{Engine, on};

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// One statement, or on `SQLite` all from taking a connection to giving it back.
    pub(crate) statements: Duration,
    /// Wait for a free connection.
    pub(crate) acquire: Duration,
    /// Wait for another writer's lock.
    pub(crate) busy: Duration,
    pub(crate) connections: u32,
}

impl Limits {
    /// A call that takes longer is given up, whatever the engine says.
    const fn whole(&self) -> Duration {
        self.statements.saturating_add(self.acquire).saturating_add(self.busy)
    }
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

/// What a database that was empty begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seed {
    /// A small school.
    Demo {
        today: SystemTime,
    },
    Nothing,
}

/// The database, open and migrated.
///
/// A clone shares the connections.
#[derive(Clone)]
pub(crate) struct Store {
    engine: Engine,
    clock: Arc<dyn Clock>,
    limits: Limits,
    caches: Option<Caches>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at `postgres`, or else the one in `folder`, which is made with it if need
    /// be, and migrates it.
    ///
    /// # Errors
    ///
    /// What stands in the way, with what to do about it; a database that is not ours, is damaged or
    /// comes from a newer version is left as it is.
    pub(crate) async fn open(
        postgres: Option<&PostgresUrl>,
        folder: &Path,
        limits: Limits,
        clock: Arc<dyn Clock>,
        seed: Seed,
    ) -> Result<Self, OpenError> {
        let engine = match postgres {
            Some(url) => Engine::Postgres(postgres::open(url, limits, seed).await?),
            None => Engine::Sqlite(sqlite::open(folder, limits, &clock, seed).await?),
        };
        resets::migrate(&engine).await?;
        Ok(Self { engine, clock, limits, caches: None })
    }

    /// Keeps what is read often in these caches, and ends what is there when it is changed.
    pub(crate) fn with_caches(mut self, caches: Option<Caches>) -> Self {
        self.caches = caches;
        self
    }

    pub(crate) const fn caches(&self) -> Option<&Caches> {
        self.caches.as_ref()
    }

    /// Ends the figures of the dashboard, now and when this is dropped.
    const fn counts_change(&self) -> CountsChange<'_> {
        CountsChange(self.caches.as_ref())
    }

    /// Returns the connections to the server that instances share, if there is one.
    pub(crate) const fn server(&self) -> Option<&sqlx::PgPool> {
        match &self.engine {
            Engine::Postgres(pool) => Some(pool),
            Engine::Sqlite(_) => None,
        }
    }

    /// Asks the database for one row.
    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        let sql = "SELECT id FROM students LIMIT 1";
        on!(self, pool => async { sqlx::query(sql).fetch_optional(pool).await.map(drop) })
    }

    /// Returns the time by the clock of the store.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.wall()
    }

    /// Waits for what runs, then closes every connection; `SQLite`'s write-ahead log is folded back.
    pub(crate) async fn close(&self) {
        match &self.engine {
            Engine::Postgres(pool) => pool.close().await,
            Engine::Sqlite(pool) => pool.close().await,
        }
    }

    /// Bounds a call from outside of the engine: a server that is silent ends no statement.
    async fn in_time<T>(
        &self,
        call: impl Future<Output = sqlx::Result<T>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.limits.whole(), call).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(StoreError::TimedOut),
        }
    }
}

/// What was read, and where a cache had it from.
pub(crate) struct Known<T> {
    pub(crate) value: Arc<T>,
    /// Nothing where there is no cache.
    pub(crate) outcome: Option<Outcome>,
}

/// A change that the figures of the dashboard tell of: they are ended when it is over, also for a
/// caller that goes away in the midst of it.
struct CountsChange<'a>(Option<&'a Caches>);

impl CountsChange<'_> {
    async fn over(mut self) {
        if let Some(caches) = self.0.take() {
            caches.counts.invalidate(&()).await;
        }
    }
}

impl Drop for CountsChange<'_> {
    fn drop(&mut self) {
        if let Some(caches) = self.0 {
            drop(caches.counts.invalidate(&()));
        }
    }
}
