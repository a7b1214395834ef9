//! A row in a real database, and what becomes of the cache when it is written.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use palisade_cache::Cache;
use palisade_cache::far::Reach;
use palisade_cache::transaction::Transaction;
use palisade_testkit::postgres::Postgres;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use tokio::sync::oneshot;

const TABLES: [&str; 3] = [
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE grades (student INTEGER REFERENCES users DEFERRABLE INITIALLY DEFERRED)",
    "INSERT INTO users (id, name) VALUES (7, 'old')",
];
const READ: &str = "SELECT name FROM users WHERE id = 7";
const WRITE: &str = "UPDATE users SET name = 'new' WHERE id = 7";
/// Nothing but the commit refuses it.
const WRONG: &str = "INSERT INTO grades (student) VALUES (8)";

type Names = Cache<u64, String>;

fn names() -> Names {
    Cache::builder("names").entries(100).unwrap().build()
}

async fn sqlite() -> (tempfile::TempDir, SqlitePool) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("app.sqlite"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    (folder, pool)
}

async fn postgres() -> (Postgres, PgPool) {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.unwrap();
    (server, pool)
}

#[test]
fn a_runtime_that_ends_in_a_commit_ends_what_that_may_have_changed() {
    let names = names();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _folder = runtime.block_on(async {
        let (folder, pool) = sqlite().await;
        sqlx::query(TABLES[0]).execute(&pool).await.unwrap();
        names.set(&7, "old".to_owned()).await;
        let mut transaction = Transaction::begin(&pool).await.unwrap();
        sqlx::query(WRITE).execute(&mut *transaction).await.unwrap();
        transaction.invalidate(&names, &7);
        let mut commit = Box::pin(transaction.commit());
        poll_fn(|cx| Poll::Ready(commit.as_mut().poll(cx).is_ready())).await;
        // The task has begun.
        tokio::task::yield_now().await;
        folder
    });
    drop(runtime);
    assert!(names.get(&7).is_none());
}

macro_rules! proofs {
    ($engine:ident) => {
        mod $engine {
            use super::*;

            macro_rules! read {
                ($names:expr, $pool:expr) => {{
                    let pool = $pool.clone();
                    let load = move |_| async move {
                        sqlx::query_scalar::<_, String>(READ).fetch_one(&pool).await.map_err(|_| ())
                    };
                    let read = $names.get_or_load(&7, load).await.unwrap();
                    (*read.value).clone()
                }};
            }

            macro_rules! start {
                () => {{
                    let (keep, pool) = super::$engine().await;
                    for statement in TABLES {
                        sqlx::query(statement).execute(&pool).await.unwrap();
                    }
                    let names = names();
                    assert_eq!(read!(names, pool), "old");
                    (keep, pool, names)
                }};
            }

            #[tokio::test]
            async fn to_invalidate_before_the_commit_poisons_the_cache() {
                let (_keep, pool, names) = start!();
                let mut naive = pool.begin().await.unwrap();
                sqlx::query(WRITE).execute(&mut *naive).await.unwrap();
                names.invalidate(&7).await;
                assert_eq!(read!(names, pool), "old");
                naive.commit().await.unwrap();
                assert_eq!(read!(names, pool), "old", "and so for the time to live");

                let (_keep, pool, names) = start!();
                let mut transaction = Transaction::begin(&pool).await.unwrap();
                sqlx::query(WRITE).execute(&mut *transaction).await.unwrap();
                transaction.invalidate(&names, &7);
                assert_eq!(read!(names, pool), "old");
                assert_eq!(transaction.commit().await.unwrap(), Reach::All);
                assert_eq!(read!(names, pool), "new");
            }

            #[tokio::test]
            async fn what_is_rolled_back_ends_nothing() {
                let (_keep, pool, names) = start!();
                for is_dropped in [false, true] {
                    let mut transaction = Transaction::begin(&pool).await.unwrap();
                    sqlx::query(WRITE).execute(&mut *transaction).await.unwrap();
                    transaction.invalidate(&names, &7);
                    transaction.invalidate_tag(&names, "org", 3);
                    transaction.clear(&names);
                    if is_dropped {
                        drop(transaction);
                    } else {
                        transaction.rollback().await.unwrap();
                    }
                    assert_eq!(names.get(&7).as_deref().map(String::as_str), Some("old"));
                }
                assert_eq!(names.stats().loads, 1);
            }

            #[tokio::test]
            async fn a_commit_whose_caller_goes_away_ends_what_it_changed() {
                let (_keep, pool, names) = start!();
                let mut naive = pool.begin().await.unwrap();
                sqlx::query(WRITE).execute(&mut *naive).await.unwrap();
                // The caller goes away after the commit, say for a timeout around both.
                naive.commit().await.unwrap();
                assert_eq!(read!(names, pool), "old", "and so for the time to live");

                let (_keep, pool, names) = start!();
                let mut transaction = Transaction::begin(&pool).await.unwrap();
                sqlx::query(WRITE).execute(&mut *transaction).await.unwrap();
                transaction.invalidate(&names, &7);
                let ((told, last), other) = (oneshot::channel(), names.clone());
                transaction.on_commit(move || {
                    told.send(()).unwrap();
                    other.invalidate(&8)
                });
                let mut commit = Box::pin(transaction.commit());
                poll_fn(|cx| Poll::Ready(drop(commit.as_mut().poll(cx)))).await;
                drop(commit);
                let ended = tokio::time::timeout(Duration::from_mins(1), last).await;
                assert!(matches!(ended, Ok(Ok(()))), "the last of its ends has begun");
                assert_eq!(read!(names, pool), "new");
            }

            #[tokio::test]
            async fn a_commit_that_fails_ends_what_it_may_have_changed() {
                let (_keep, pool, names) = start!();
                let mut transaction = Transaction::begin(&pool).await.unwrap();
                sqlx::query(WRONG).execute(&mut *transaction).await.unwrap();
                transaction.invalidate(&names, &7);
                assert!(transaction.commit().await.is_err());
                assert!(names.get(&7).is_none());
            }

            #[tokio::test]
            async fn tags_and_whole_caches_end_with_the_commit() {
                let (_keep, pool, names) = start!();
                for by_tag in [true, false] {
                    let load = |loading: palisade_cache::Loading<String>| async move {
                        loading.tag("org", 3_u64);
                        Ok::<_, ()>("tagged".to_owned())
                    };
                    names.get_or_load(&8, load).await.unwrap();
                    let mut transaction = Transaction::from(pool.begin().await.unwrap());
                    if by_tag {
                        transaction.invalidate_tag(&names, "org", 3_i32);
                    } else {
                        transaction.clear(&names);
                    }
                    assert!(names.get(&8).is_some());
                    transaction.commit().await.unwrap();
                    assert!(names.get(&8).is_none());
                    assert_eq!(names.get(&7).is_some(), by_tag);
                }
            }
        }
    };
}

proofs!(postgres);
proofs!(sqlite);
