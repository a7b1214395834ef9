//! Faults of real servers: the policy holds, no request waits, and recovery needs nobody.

use std::time::{Duration, Instant};

use palisade_core::{Clock, SystemClock};
use palisade_ratelimit::Quota;
use palisade_ratelimit::store::{
    Act, Ask, Guarded, MemoryStore, OnStoreError, PostgresStore, RedisClient, RedisStore, RuleId,
    Store, StoreError, Subject,
};
use palisade_resilience::breaker::{Breaker, BreakerPolicy};
use palisade_testkit::fault::{Fault, FaultProxy};
use palisade_testkit::redis::RedisCluster;
use sqlx::postgres::PgPoolOptions;

use super::{postgres, redis};

const DEADLINE: Duration = Duration::from_millis(200);

fn now() -> Instant {
    SystemClock::new().now()
}

fn guard<S: Store>(store: S) -> Guarded<S> {
    let policy = BreakerPolicy::default()
        .failures_in_a_row(3)
        .unwrap()
        .open_for(Duration::from_millis(50), Duration::from_millis(100))
        .unwrap();
    Guarded::new(store, MemoryStore::with_bytes(1 << 16).unwrap())
        .deadline(DEADLINE)
        .unwrap()
        .with_breaker(Breaker::new("limit", policy))
}

const fn ask(rule: &str, policy: OnStoreError) -> Ask {
    let quota = Quota::per_day(10).meter().unwrap();
    Ask::new(Subject::from_hash(0xADA << 64), RuleId::of(rule, 0), quota).on_error(policy)
}

async fn charge(guard: &Guarded<impl Store>, ask: Ask) -> Result<bool, StoreError> {
    let begun = now();
    let verdict = guard.decide(&[ask], Act::Charge).await;
    let waited = now().duration_since(begun);
    assert!(waited < 10 * DEADLINE, "waited {waited:?}");
    verdict.map(|verdict| verdict.is_admitted())
}

/// Asks until the store answers.
async fn recovered(guard: &Guarded<impl Store>) {
    let begun = now();
    while charge(guard, ask("probe", OnStoreError::Deny)).await.is_err() {
        assert!(now().duration_since(begun) < Duration::from_mins(1), "no recovery");
        tokio::task::yield_now().await;
    }
}

/// Three of ten are counted; the store goes away; each policy holds; it comes back and goes on counting.
async fn survives(
    guard: &Guarded<impl Store>,
    break_it: impl FnOnce(),
    mend_it: impl FnOnce(),
    forgets: bool,
) {
    recovered(guard).await;
    for policy in [OnStoreError::Deny, OnStoreError::Local] {
        for _ in 0..3 {
            assert!(charge(guard, ask(&format!("{policy:?}"), policy)).await.unwrap());
        }
    }
    break_it();
    let mut local = 0;
    for _ in 0..15 {
        assert!(charge(guard, ask("Deny", OnStoreError::Deny)).await.is_err());
        assert!(charge(guard, ask("Allow", OnStoreError::Allow)).await.unwrap());
        local += u32::from(charge(guard, ask("Local", OnStoreError::Local)).await.unwrap());
    }
    assert_eq!(local, 7, "three of the ten were seen before");
    mend_it();
    recovered(guard).await;
    let mut left = 0;
    for _ in 0..15 {
        left += u32::from(charge(guard, ask("Deny", OnStoreError::Deny)).await.unwrap());
    }
    if forgets {
        assert_eq!(left, 10);
    } else {
        // What was sent and not answered may have been done, once.
        assert!((0..=7).contains(&left), "{left} after three of ten");
    }
}

fn open(url: &str) -> Guarded<RedisStore> {
    guard(RedisStore::new(RedisClient::open(url).unwrap()))
}

#[tokio::test]
async fn a_redis_that_hangs() {
    let real = redis::Real::new();
    let guard = open(&real.server.url());
    survives(&guard, || real.server.pause().unwrap(), || real.server.resume().unwrap(), false)
        .await;
}

#[tokio::test]
async fn a_redis_that_is_killed() {
    let real = redis::Real::new();
    let guard = open(&real.server.url());
    survives(&guard, || real.server.kill(), || real.server.restart().unwrap(), false).await;
}

#[tokio::test]
async fn a_connection_to_redis_that_is_cut_refused_silent_or_garbled() {
    for fault in [Fault::Cut, Fault::Refuse, Fault::Blackhole, Fault::HalfOpen, Fault::Garbage] {
        let real = redis::Real::new();
        let proxy = FaultProxy::start(real.server.address()).unwrap();
        let guard = open(&real.server.url_through(proxy.address()));
        eprintln!("{fault:?}");
        survives(&guard, || proxy.set(fault).unwrap(), || proxy.set(Fault::Pass).unwrap(), false)
            .await;
    }
}

#[tokio::test]
async fn a_redis_that_is_slow() {
    let real = redis::Real::new();
    let proxy = FaultProxy::start(real.server.address()).unwrap();
    let guard = open(&real.server.url_through(proxy.address()));
    let slow = Fault::Delay(2 * DEADLINE);
    survives(&guard, || proxy.set(slow).unwrap(), || proxy.set(Fault::Pass).unwrap(), false).await;
}

#[tokio::test]
async fn a_redis_without_memory() {
    let real = redis::Real::new();
    let guard = open(&real.server.url());
    let limit = |bytes: &str| {
        real.server.command(&["CONFIG", "SET", "maxmemory", bytes]).unwrap();
    };
    survives(&guard, || limit("1"), || limit("0"), false).await;
}

#[tokio::test]
async fn a_redis_that_forgets_its_scripts_is_sent_them_again_and_charged_once() {
    let real = redis::Real::new();
    let guard = open(&real.server.url());
    recovered(&guard).await;
    let rule = ask("flushed", OnStoreError::Deny);
    for expected in (0..10).rev() {
        real.server.command(&["SCRIPT", "FLUSH"]).unwrap();
        let verdict = guard.decide(&[rule], Act::Charge).await.unwrap();
        assert_eq!(verdict.readings()[0].remaining(), expected);
    }
}

#[tokio::test]
async fn a_node_of_a_redis_cluster_that_hangs() {
    let cluster = RedisCluster::start().unwrap();
    let guard = guard(RedisStore::new(RedisClient::cluster(&cluster.urls()).await.unwrap()));
    let key = format!("{{palisade:{:032x}}}:limit:1", 0xADA_u128 << 64);
    let node = cluster.owner_of(&key).unwrap();
    survives(&guard, || node.pause().unwrap(), || node.resume().unwrap(), false).await;
}

async fn postgres_through(real: &postgres::Real, proxy: &FaultProxy) -> Guarded<PostgresStore> {
    let url = real.server.url_through(proxy.address(), &real.database);
    // As an application sets its pool: no longer than a request may wait.
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(2))
        .connect(&url)
        .await
        .unwrap();
    guard(PostgresStore::new(pool))
}

#[tokio::test]
async fn a_postgres_that_hangs() {
    let real = postgres::Real::new().await;
    let proxy = FaultProxy::start(real.server.address()).unwrap();
    let guard = postgres_through(&real, &proxy).await;
    survives(&guard, || real.server.pause().unwrap(), || real.server.resume().unwrap(), false)
        .await;
}

#[tokio::test]
async fn a_postgres_that_is_killed_forgets_unlogged_counters() {
    let real = postgres::Real::new().await;
    let proxy = FaultProxy::start(real.server.address()).unwrap();
    let guard = postgres_through(&real, &proxy).await;
    survives(&guard, || real.server.kill(), || real.server.restart().unwrap(), true).await;
}

#[tokio::test]
async fn a_connection_to_postgres_that_is_cut() {
    let real = postgres::Real::new().await;
    let proxy = FaultProxy::start(real.server.address()).unwrap();
    let guard = postgres_through(&real, &proxy).await;
    survives(&guard, || proxy.set(Fault::Cut).unwrap(), || proxy.set(Fault::Pass).unwrap(), false)
        .await;
}
