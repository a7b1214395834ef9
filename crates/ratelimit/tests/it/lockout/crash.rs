//! What a `kill -9` in the middle leaves behind.

use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use palisade_core::{ManualClock, SystemClock};
use palisade_ratelimit::lockout::store::{PostgresLockouts, RedisLockouts, SqliteLockouts};
use palisade_ratelimit::lockout::{GuardedLockouts, Lockout, Refused, Wait};
use palisade_ratelimit::store::{OnStoreError, RedisClient};
use palisade_testkit::postgres::Postgres;
use palisade_testkit::redis::Redis;
use sqlx::SqlitePool;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqliteConnectOptions;

const KEY: [u8; 32] = [7; 32];
const FOLDER: &str = "PALISADE_LOCKOUT_TEST_FOLDER";

fn address() -> IpAddr {
    IpAddr::from([192, 0, 2, 1])
}

fn shared(guard: GuardedLockouts) -> Lockout {
    Lockout::shared(guard.deadline(Duration::from_secs(10)).unwrap(), &KEY).unwrap()
}

async fn sqlite(folder: &Path) -> Lockout {
    let file = SqliteConnectOptions::new().filename(folder.join("db")).create_if_missing(true);
    let store =
        SqliteLockouts::new(SqlitePool::connect_with(file).await.unwrap(), SystemClock::new());
    store.migrate().await.unwrap();
    shared(GuardedLockouts::new(store, OnStoreError::Deny))
}

/// The program that is killed: it begins its sixth attempt and never ends it.
#[tokio::test]
#[ignore = "the program of another test"]
async fn begins_and_is_killed() {
    let lockout = sqlite(Path::new(&std::env::var(FOLDER).unwrap())).await;
    for _ in 0..4 {
        let _ = lockout.begin("ada", address()).await.unwrap().fail();
    }
    let _attempt = lockout.begin("ada", address()).await.unwrap();
    println!("in the middle");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_process_leaves_its_failure_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "lockout::crash::begins_and_is_killed"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("in the middle")));
    program.kill().unwrap();
    program.wait().unwrap();

    let lockout = sqlite(folder.path()).await;
    let refused = lockout.begin("ada", address()).await.unwrap_err();
    let Refused::Locked(locked) = &refused else { panic!("{refused:?}") };
    let wait = locked.retry_after().unwrap();
    assert!(wait <= Duration::from_secs(30) && !wait.is_zero(), "{wait:?}");
    assert_eq!(lockout.locks(10).await.unwrap()[0].failures, 5);
}

#[tokio::test]
async fn a_killed_redis_keeps_the_ladder() {
    let server = Redis::start().unwrap();
    let client = RedisClient::open(&server.url()).unwrap();
    let lockout = shared(GuardedLockouts::new(RedisLockouts::new(client), OnStoreError::Deny));
    for _ in 0..4 {
        let _ = lockout.begin("ada", address()).await.unwrap().fail();
    }
    let attempt = lockout.begin("ada", address()).await.unwrap();
    server.kill();
    server.restart().unwrap();
    // The connection is a new one by itself.
    while let Err(Refused::Unavailable(_)) = lockout.begin("eve", address()).await {}
    assert_eq!(attempt.fail().locked(), Some(Wait::For(Duration::from_secs(30))));
    assert!(matches!(lockout.begin("ada", address()).await, Err(Refused::Locked(_))));
    assert_eq!(lockout.locks(10).await.unwrap()[0].failures, 5);
}

#[tokio::test]
async fn a_killed_postgres_keeps_the_ladder() {
    let server = Postgres::start().unwrap();
    let database = server.create_database().unwrap();
    let pool = PgPoolOptions::new().connect(&server.url(&database)).await.unwrap();
    let store = PostgresLockouts::new(pool);
    store.migrate().await.unwrap();
    let lockout = shared(GuardedLockouts::new(store, OnStoreError::Deny));
    for _ in 0..4 {
        let _ = lockout.begin("ada", address()).await.unwrap().fail();
    }
    let attempt = lockout.begin("ada", address()).await.unwrap();
    server.kill();
    server.restart().unwrap();
    while let Err(Refused::Unavailable(_)) = lockout.begin("eve", address()).await {}
    assert_eq!(attempt.fail().locked(), Some(Wait::For(Duration::from_secs(30))));
    assert!(matches!(lockout.begin("ada", address()).await, Err(Refused::Locked(_))));
    assert_eq!(lockout.locks(10).await.unwrap()[0].failures, 5);
}

#[tokio::test]
async fn a_wall_clock_that_goes_back_lengthens_no_lock_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        SqliteConnectOptions::new().filename(folder.path().join("db")).create_if_missing(true);
    let clock = ManualClock::starting_at(Duration::from_hours(500_000));
    let store = SqliteLockouts::new(SqlitePool::connect_with(file).await.unwrap(), clock.clone());
    store.migrate().await.unwrap();
    let lockout = shared(GuardedLockouts::new(store, OnStoreError::Deny));
    for _ in 0..5 {
        let _ = lockout.begin("ada", address()).await.unwrap().fail();
    }
    clock.set_wall(Duration::from_hours(499_999));
    let refused = lockout.begin("ada", address()).await.unwrap_err();
    let Refused::Locked(locked) = &refused else { panic!("{refused:?}") };
    assert_eq!(locked.retry_after(), Some(Duration::from_secs(30)));
    clock.advance(Duration::from_secs(29));
    assert!(lockout.begin("ada", address()).await.is_err());
    clock.advance(Duration::from_secs(1));
    let failure = lockout.begin("ada", address()).await.unwrap().fail();
    assert_eq!(failure.locked(), Some(Wait::For(Duration::from_mins(2))));
}
