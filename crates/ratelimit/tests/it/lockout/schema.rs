//! Tables with a version.

use palisade_ratelimit::lockout::store::{PostgresLockouts, SqliteLockouts};
use palisade_ratelimit::store::MigrateError;

use super::{postgres, sqlite};

#[tokio::test]
async fn sqlite_tables_are_made_once_and_those_of_a_newer_release_are_left_alone() {
    let sqlite = sqlite::Sqlite::new().await;
    // A second start, and two at once.
    let (one, two) = tokio::join!(sqlite.store.migrate(), sqlite.store.migrate());
    one.unwrap();
    two.unwrap();
    let raise = sqlx::query("UPDATE palisade_schema SET version = 99 WHERE component = 'lockout'");
    raise.execute(&sqlite.pool).await.unwrap();
    let error = sqlite.store.migrate().await.unwrap_err();
    assert!(matches!(error, MigrateError::Newer { found: 99, known: 1, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the tables of lockout have version 99, this release knows 1: run the newer release"
    );
    assert!(SqliteLockouts::schema()[0].starts_with("CREATE TABLE palisade_lockout ("));
}

#[tokio::test]
async fn postgres_tables_are_made_once_and_those_of_a_newer_release_are_left_alone() {
    let real = postgres::Real::new().await;
    let (one, two) = tokio::join!(real.store.migrate(), real.store.migrate());
    one.unwrap();
    two.unwrap();
    let raise = sqlx::query("UPDATE palisade_schema SET version = 99 WHERE component = 'lockout'");
    raise.execute(&real.pool).await.unwrap();
    let error = real.store.migrate().await.unwrap_err();
    assert!(matches!(error, MigrateError::Newer { found: 99, known: 1, .. }), "{error}");
    let logged = "SELECT relpersistence::text FROM pg_class WHERE relname = 'palisade_lockout'";
    let kind: String = sqlx::query_scalar(logged).fetch_one(&real.pool).await.unwrap();
    assert_eq!(kind, "p", "an unlogged table is emptied after a crash");
    assert!(PostgresLockouts::schema()[0].starts_with("CREATE TABLE palisade_lockout ("));
}
