//! How long requests wait for a store that hangs.

use std::rc::Rc;
use std::time::Duration;

use palisade_ratelimit::MemoryStore;
use palisade_ratelimit::store::{
    Act, Guarded, OnStoreError, PostgresStore, RedisClient, RedisStore, Store,
};
use palisade_resilience::breaker::{Breaker, BreakerPolicy};
use palisade_testkit::postgres::Postgres;
use palisade_testkit::redis::Redis;
use sqlx::postgres::PgPoolOptions;
use tokio::task::LocalSet;
use tokio::time::Instant;

const IN_FLIGHT: u128 = 64;
/// Fewer than the failures in a row that open the breaker: all go to the store.
const REQUESTS: u128 = 448;
const ROUNDS: usize = 5;

pub(crate) async fn redis(server: &Redis) {
    let store = RedisStore::new(RedisClient::open(&server.url()).expect("a URL"));
    drop(round(store.clone()).await); // connects
    tell("Redis answers", &waits(store.clone()).await);
    server.pause().expect("paused");
    tell("Redis hangs (`SIGSTOP`)", &waits(store).await);
    server.resume().expect("resumed");
}

pub(crate) async fn postgres(server: &Postgres) {
    let name = server.create_database().expect("a database");
    let pool = PgPoolOptions::new()
        .min_connections(16)
        .max_connections(16)
        .connect(&server.url(&name))
        .await;
    let store = PostgresStore::new(pool.expect("Postgres answers"));
    store.migrate().await.expect("tables");
    drop(round(store.clone()).await); // connects
    tell("PostgreSQL answers", &waits(store.clone()).await);
    server.pause().expect("paused");
    tell("PostgreSQL hangs (`SIGSTOP`)", &waits(store).await);
    server.resume().expect("resumed");
}

/// Sends requests, so many at a time, and returns how long each waited.
async fn waits(store: impl Clone + Store) -> Vec<Duration> {
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        all.extend(round(store.clone()).await);
    }
    all
}

async fn round(store: impl Store) -> Vec<Duration> {
    let never = BreakerPolicy::default()
        .without_failure_ratio()
        .failures_in_a_row(BreakerPolicy::MAX_FAILURES_IN_A_ROW)
        .expect("the most there is");
    let local = MemoryStore::with_bytes(1 << 16).expect("64 KiB");
    let guarded = Guarded::new(store, local).with_breaker(Breaker::new("bench", never));
    let guarded = Rc::new(guarded);
    let local = LocalSet::new();
    let tasks: Vec<_> = (0_u128..IN_FLIGHT)
        .map(|client| {
            let guarded = Rc::clone(&guarded);
            local.spawn_local(async move {
                let mut waits = Vec::new();
                for _ in 0..REQUESTS.div_ceil(IN_FLIGHT) {
                    let asks = crate::asks(client, 1);
                    let asks: Vec<_> =
                        asks.into_iter().map(|ask| ask.on_error(OnStoreError::Local)).collect();
                    let begun = Instant::now();
                    let verdict = guarded.decide(&asks, Act::Charge).await;
                    waits.push(begun.elapsed());
                    assert!(verdict.is_ok(), "the copy answers");
                }
                waits
            })
        })
        .collect();
    local.await;
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("no panic"));
    }
    all
}

fn tell(name: &str, waits: &[Duration]) {
    let millis = |thousandths| part(waits.to_vec(), thousandths).as_secs_f64() * 1e3;
    let (median, most, longest) = (millis(500), millis(999), millis(1000));
    println!("| {name} | {median:.2} ms | {most:.2} ms | {longest:.2} ms |");
}

/// Returns the time that so many thousandths do not exceed.
pub(crate) fn part(mut times: Vec<Duration>, thousandths: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times[(times.len() * thousandths / 1000).min(last)]
}
