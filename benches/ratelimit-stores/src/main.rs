//! `cargo run --release -p ratelimit-stores`: a decision of a shared store, and how long a request waits
//! for one that hangs.
//!
//! Wall time, by real servers on this machine: each contestant takes its turn in each round, and the
//! median of all its calls is told. The waits are those of requests that all go to the store, by a
//! breaker that never opens: nothing hides the deadline.

mod wait;

use std::time::Duration;

use palisade_ratelimit::Quota;
use palisade_ratelimit::store::{
    Act, Ask, PostgresStore, RedisClient, RedisStore, RuleId, Store, Subject,
};
use palisade_testkit::postgres::Postgres;
use palisade_testkit::redis::Redis;
use redis::aio::ConnectionManager;
use sqlx::PgPool;
use tokio::time::Instant;

const ROUNDS: u32 = 20;
const CALLS: u32 = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (server, database) = (Redis::start().expect("Redis"), Postgres::start().expect("Postgres"));
    println!("| one decision, one in flight | median | to its floor |\n|---|---:|---:|");
    redis(&server).await;
    postgres(&database).await;
    println!("\n| 2,240 requests, 64 in flight, deadline 40 ms | median | 99.9 % | longest |");
    println!("|---|---:|---:|---:|");
    wait::redis(&server).await;
    wait::postgres(&database).await;
}

/// The asks of a request of one client, as many rules as that.
pub(crate) fn asks(client: u128, rules: usize) -> Vec<Ask> {
    let meter = Quota::per_second(1_000_000).meter().expect("a rate has a meter");
    let names = ["client", "user", "route"];
    let ask = |name| Ask::new(Subject::from_hash((client + 1) << 64), RuleId::of(name, 0), meter);
    names.into_iter().take(rules).map(ask).collect()
}

async fn decide(store: &dyn Store, rules: usize) {
    let asks = asks(0, rules);
    let verdict = store.decide(&asks, Act::Charge).await.expect("the store answers");
    assert!(verdict.is_admitted());
}

async fn redis(server: &Redis) {
    let store = RedisStore::new(RedisClient::open(&server.url()).expect("a URL"));
    let client = redis::Client::open(server.url()).expect("a URL");
    let manager = ConnectionManager::new(client).await.expect("Redis answers");
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        times[0].extend(timed(async || floor(&manager).await).await);
        times[1].extend(timed(async || decide(&store, 1).await).await);
        times[2].extend(timed(async || decide(&store, 3).await).await);
    }
    let names =
        ["floor: `INCR`, `PEXPIRE` in one pipeline", "Redis, one rule", "Redis, three rules"];
    tell(&names, times);
}

async fn floor(manager: &ConnectionManager) {
    let mut pipeline = redis::pipe();
    pipeline.cmd("INCR").arg("floor").cmd("PEXPIRE").arg("floor").arg(60_000);
    let mut manager = manager.clone();
    let _: (i64, i64) = pipeline.query_async(&mut manager).await.expect("Redis answers");
}

async fn postgres(server: &Postgres) {
    let name = server.create_database().expect("a database");
    let pool = PgPool::connect(&server.url(&name)).await.expect("Postgres answers");
    let store = PostgresStore::new(pool.clone());
    store.migrate().await.expect("tables");
    let table = "CREATE UNLOGGED TABLE floor (id BIGINT PRIMARY KEY, count BIGINT NOT NULL)";
    sqlx::query(table).execute(&pool).await.expect("a table");
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        times[0].extend(timed(async || upsert(&pool).await).await);
        times[1].extend(timed(async || decide(&store, 1).await).await);
        times[2].extend(timed(async || decide(&store, 3).await).await);
    }
    let names =
        ["floor: one upsert that adds 1", "PostgreSQL, one rule", "PostgreSQL, three rules"];
    tell(&names, times);
}

async fn upsert(pool: &PgPool) {
    let upsert = "INSERT INTO floor VALUES (1, 1) ON CONFLICT (id) \
        DO UPDATE SET count = floor.count + 1 RETURNING count";
    let _: i64 = sqlx::query_scalar(upsert).fetch_one(pool).await.expect("Postgres answers");
}

async fn timed(call: impl AsyncFn()) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let begun = Instant::now();
        call().await;
        times.push(begun.elapsed());
    }
    times
}

fn tell(names: &[&str; 3], times: [Vec<Duration>; 3]) {
    let medians = times.map(|times| wait::part(times, 500));
    for (name, median) in names.iter().zip(medians) {
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        println!("| {name} | {:.0} us | {ratio:.2} |", median.as_secs_f64() * 1e6);
    }
}
