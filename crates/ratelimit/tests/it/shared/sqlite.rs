//! Counts that outlive their process in `SQLite`.

use std::time::Duration;

use palisade_core::ManualClock;
use palisade_ratelimit::Quota;
use palisade_ratelimit::key::KeyHasher;
use palisade_ratelimit::store::{
    Act, Ask, MemoryStore, MigrateError, RestoreError, RuleId, SqliteSnapshots, Store,
};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

const LOGIN: Quota = Quota::per_hour(5).strict();

async fn open(folder: &tempfile::TempDir) -> (SqliteSnapshots, SqlitePool) {
    let file =
        SqliteConnectOptions::new().filename(folder.path().join("db")).create_if_missing(true);
    let pool = SqlitePoolOptions::new().connect_with(file).await.unwrap();
    let snapshots = SqliteSnapshots::new(pool.clone());
    snapshots.migrate().await.unwrap();
    (snapshots, pool)
}

fn hasher() -> KeyHasher {
    KeyHasher::keyed(&[7; 16])
}

fn memory() -> MemoryStore {
    let clock = ManualClock::starting_at(Duration::from_hours(500_000));
    MemoryStore::with_bytes(1 << 16).unwrap().with_clock(clock).for_quotas([LOGIN])
}

fn admits(store: &MemoryStore) -> bool {
    let client = hasher().bytes(1, b"ada");
    let ask = Ask::new(client, RuleId::of("login", 0), LOGIN.meter().unwrap());
    store.decide_now(&[ask], Act::Charge).unwrap().is_admitted()
}

#[tokio::test]
async fn what_was_counted_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = memory();
    for _ in 0..5 {
        assert!(admits(&store));
    }
    let (snapshots, pool) = open(&folder).await;
    assert!(!snapshots.restore(&store, &hasher()).await.unwrap(), "nothing is there yet");
    snapshots.save(&store, &hasher()).await.unwrap();
    pool.close().await;

    let (snapshots, _pool) = open(&folder).await;
    let after = memory();
    assert!(snapshots.restore(&after, &hasher()).await.unwrap());
    assert!(!admits(&after));
    let error = snapshots.restore(&memory(), &KeyHasher::keyed(&[8; 16])).await.unwrap_err();
    assert!(matches!(error, RestoreError::Snapshot(_)), "{error}");
}

#[tokio::test]
async fn counts_are_saved_at_intervals_and_at_shutdown() {
    let folder = tempfile::tempdir().unwrap();
    let (snapshots, pool) = open(&folder).await;
    let store = memory();
    let (shut, shutdown) = tokio::sync::oneshot::channel::<()>();
    let hasher = hasher();
    let keep = snapshots.keep(&store, &hasher, Duration::from_millis(10), async {
        let _ = shutdown.await;
    });
    let life = async {
        assert!(admits(&store));
        let saved = || async {
            let bytes = sqlx::query_scalar("SELECT bytes FROM palisade_limit_snapshot");
            let bytes: Option<Vec<u8>> = bytes.fetch_optional(&pool).await.unwrap();
            bytes.map(|bytes| bytes.len())
        };
        let first = loop {
            if let Some(bytes) = saved().await {
                break bytes;
            }
        };
        for _ in 0..4 {
            assert!(admits(&store));
        }
        shut.send(()).unwrap();
        first
    };
    let (kept, first) = tokio::join!(keep, life);
    kept.unwrap();
    let last = sqlx::query_scalar("SELECT bytes FROM palisade_limit_snapshot");
    let last: Vec<u8> = last.fetch_one(&pool).await.unwrap();
    assert!(last.len() > first, "the last ones are there too");
}

#[tokio::test]
async fn the_table_of_a_newer_release_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (snapshots, pool) = open(&folder).await;
    let raise = sqlx::query("UPDATE palisade_schema SET version = 7 WHERE component = 'limit'");
    raise.execute(&pool).await.unwrap();
    let error = snapshots.migrate().await.unwrap_err();
    assert!(matches!(error, MigrateError::Newer { found: 7, .. }), "{error}");
    assert!(SqliteSnapshots::schema()[0].starts_with("CREATE TABLE palisade_limit_snapshot ("));
}
