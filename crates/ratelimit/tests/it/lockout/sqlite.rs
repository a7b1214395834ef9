//! Locks in a file.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_ratelimit::lockout::LockoutStore;
use palisade_ratelimit::lockout::store::SqliteLockouts;
use palisade_ratelimit::lockout::store::contract::{self, Fixture};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use tempfile::TempDir;

/// A crowd waits for its connections.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Sqlite {
    pub(crate) store: SqliteLockouts,
    pub(crate) pool: SqlitePool,
    clock: ManualClock,
    _folder: TempDir,
}

impl Sqlite {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("lockout.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .unwrap();
        let clock = ManualClock::starting_at(Duration::from_hours(500_000));
        let store = SqliteLockouts::new(pool.clone(), clock.clone());
        store.migrate().await.unwrap();
        Self { store, pool, clock, _folder: folder }
    }
}

impl Fixture for Sqlite {
    fn store(&self) -> &dyn LockoutStore {
        &self.store
    }

    fn advance(&self, by: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        self.clock.advance(by);
        Box::pin(ready(()))
    }
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    contract::holds(&Sqlite::new().await).await.unwrap();
}
