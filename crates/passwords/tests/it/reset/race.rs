//! Many who redeem one link at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use palisade_passwords::Hasher;
use palisade_passwords::reset::{
    Gone, MemoryStore, NewPassword, PostgresStore, RedeemError, Resets, SqliteStore, Store,
    WriteFuture,
};
use palisade_testkit::postgres::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::task::JoinSet;

use super::{GOOD, RESET, accepted, hasher};

const REDEEMERS: usize = 64;

/// Lets 64 tasks redeem each of so many links; returns how many were served in all.
///
/// Every task holds a look that said yes: a program that trusts it would set 64 passwords.
async fn race<S, W>(resets: &Resets<S>, hasher: &Hasher, rounds: usize, write: W) -> usize
where
    S: Store,
    W: for<'c> Fn(&'c mut S::Connection, NewPassword<'c>) -> WriteFuture<'c>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let mut served = 0;
    for round in 0..rounds {
        let account = (round % 7).to_string();
        let token = resets.issue(RESET, &account).await.unwrap();
        let mut lives = Vec::with_capacity(REDEEMERS);
        for _ in 0..REDEEMERS {
            lives.push(resets.look(RESET, &token).await.unwrap());
        }
        let mut redeemers = JoinSet::new();
        for live in lives {
            let (resets, hasher, write) = (resets.clone(), hasher.clone(), write.clone());
            redeemers.spawn(async move {
                resets.redeem(live, accepted(GOOD), &hasher, move |c, n| write(c, n)).await
            });
        }
        let mut winners = 0;
        for outcome in redeemers.join_all().await {
            match outcome {
                Ok(redeemed) => {
                    assert_eq!(redeemed.account(), account);
                    winners += 1;
                }
                Err(RedeemError::Gone(Gone::Used)) => {}
                Err(error) => panic!("round {round}: {error:?}"),
            }
        }
        assert_eq!(winners, 1, "round {round}");
        served += winners;
    }
    served
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_redeemers_one_is_served_1000_times_in_memory() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let (resets, hasher) = (Resets::new(MemoryStore::new()), hasher());
    let served = race(&resets, &hasher, 1000, move |(), _| {
        let count = Arc::clone(&count);
        Box::pin(async move {
            // Others get their chance while this one writes.
            tokio::task::yield_now().await;
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    });
    assert_eq!(served.await, 1000);
    assert_eq!(written.load(Ordering::SeqCst), 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_redeemers_one_is_served_1000_times_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("app.sqlite3"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off)
        .busy_timeout(Duration::from_mins(1));
    let pool = SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_mins(1))
        .connect_with(options)
        .await
        .unwrap();
    sqlx::raw_sql("CREATE TABLE writes (account TEXT NOT NULL)").execute(&pool).await.unwrap();
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    assert_eq!(race(&Resets::new(store), &hasher(), 1000, write_in_sqlite).await, 1000);
    let written: i64 =
        sqlx::query_scalar("SELECT count(*) FROM writes").fetch_one(&pool).await.unwrap();
    assert_eq!(written, 1000);
}

/// A round is 64 transactions that wait for one row of a real server: 20 take a few seconds, and the
/// nightly run asks for 1,000.
fn rounds() -> usize {
    std::env::var("PALISADE_RACE_ROUNDS")
        .map_or(20, |count| count.parse().expect("a number of rounds"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_redeemers_one_is_served_each_time_in_postgres() {
    let server = Postgres::start().unwrap();
    let database = server.create_database().unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_mins(1))
        .connect(&server.url(&database))
        .await
        .unwrap();
    sqlx::raw_sql("CREATE TABLE writes (account TEXT NOT NULL)").execute(&pool).await.unwrap();
    let store = PostgresStore::new(pool.clone());
    store.migrate().await.unwrap();
    let rounds = rounds();
    assert_eq!(race(&Resets::new(store), &hasher(), rounds, write_in_postgres).await, rounds);
    let written = server.query(&database, "SELECT count(*) FROM writes").unwrap();
    assert_eq!(written, rounds.to_string());
    pool.close().await;
}

fn write_in_postgres<'c>(
    connection: &'c mut sqlx::PgConnection,
    new: NewPassword<'c>,
) -> WriteFuture<'c> {
    Box::pin(async move {
        let query = sqlx::query("INSERT INTO writes VALUES ($1)").bind(new.account());
        Ok(query.execute(connection).await.map(drop)?)
    })
}

fn write_in_sqlite<'c>(
    connection: &'c mut sqlx::SqliteConnection,
    new: NewPassword<'c>,
) -> WriteFuture<'c> {
    Box::pin(async move {
        let query = sqlx::query("INSERT INTO writes VALUES ($1)").bind(new.account());
        Ok(query.execute(connection).await.map(drop)?)
    })
}
