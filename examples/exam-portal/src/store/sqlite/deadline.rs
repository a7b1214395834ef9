//! The time that a connection may be used.
//!
//! `SQLite` runs a statement on its own thread: dropping the future that waits for it stops nothing.
//! So the deadline sits inside the engine, as a progress handler that interrupts the statement;
//! the connection is free again and usable. Taking a connection from the pool starts the time
//! anew, so no statement can forget to be bounded.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use sqlx::sqlite::{SqliteConnection, SqlitePoolOptions};

/// Engine steps between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 10_000;

/// Gives every use of a connection of the pool the same deadline.
pub(super) fn bound(
    pool: SqlitePoolOptions,
    limit: Duration,
    clock: &Arc<dyn Clock>,
) -> SqlitePoolOptions {
    let (at_connect, at_acquire) = (Arc::clone(clock), Arc::clone(clock));
    pool.after_connect(move |connection, _| {
        let clock = Arc::clone(&at_connect);
        Box::pin(async move { start(connection, limit, clock).await })
    })
    .before_acquire(move |connection, _| {
        let clock = Arc::clone(&at_acquire);
        Box::pin(async move {
            start(connection, limit, clock).await?;
            Ok(true)
        })
    })
}

async fn start(
    connection: &mut SqliteConnection,
    limit: Duration,
    clock: Arc<dyn Clock>,
) -> sqlx::Result<()> {
    let begin = clock.now();
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS, move || clock.now().saturating_duration_since(begin) < limit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use palisade_core::SystemClock;
    use sqlx::SqlitePool;

    use super::*;
    use crate::store::engine::Engine;
    use crate::store::{Limits, Seed, Store, StoreError};

    const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) \
                           SELECT count(*) FROM n";

    async fn store(folder: &std::path::Path) -> Store {
        let limits =
            Limits { statements: Duration::from_millis(50), connections: 1, ..Limits::default() };
        Store::open(None, folder, limits, Arc::new(SystemClock::new()), Seed::Nothing)
            .await
            .unwrap()
    }

    fn pool(store: &Store) -> &SqlitePool {
        let Engine::Sqlite(pool) = &store.engine else { panic!("opened as a file") };
        pool
    }

    #[tokio::test]
    async fn an_endless_statement_is_interrupted_and_its_connection_is_free_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        for _ in 0..3 {
            let error = sqlx::query(ENDLESS).fetch_one(pool(&store)).await.unwrap_err();
            assert!(matches!(StoreError::from(error), StoreError::TimedOut));
            store.probe().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_statement_whose_caller_went_away_does_not_keep_the_connection() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let endless = sqlx::query(ENDLESS).fetch_one(pool(&store));
        tokio::time::timeout(Duration::from_millis(5), endless).await.unwrap_err();
        store.probe().await.unwrap();
    }

    #[tokio::test]
    async fn an_interrupted_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let before = store.counts().await.unwrap().students;
        let flood = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) \
                     INSERT INTO students (code, name, email, birth_date, created_at, updated_at) \
                     SELECT 'x' || x, '', '', '', '', '' FROM n";
        assert!(sqlx::query(flood).execute(pool(&store)).await.is_err());
        assert_eq!(store.counts().await.unwrap().students, before);
    }
}
