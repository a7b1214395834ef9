//! A real Redis that stops, dies, forgets, fills up and loses connections.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use palisade_cache::envelope::Format;
use palisade_cache::far::{FarTier, Fill, Reach, RedisStore, Store as _};
use palisade_cache::{Cache, Outcome, Tier};
use palisade_core::{Clock as _, SystemClock};
use palisade_testkit::fault::{Fault, FaultProxy};
use palisade_testkit::redis::{Redis, RedisConfig};

use crate::contract;
use crate::world::{Numbers, Row};

const BOUND: Duration = Duration::from_secs(1);
const DEADLINE: Duration = Duration::from_millis(250);
/// The machine may be busy: what is late is late by less than that.
const PATIENCE: Duration = Duration::from_secs(20);

fn now() -> Instant {
    SystemClock::new().now()
}

fn process(url: &str) -> (FarTier, Numbers) {
    let store = RedisStore::open(url, "test").unwrap();
    let setup = FarTier::setup(store).max_staleness(BOUND).unwrap().deadline(DEADLINE).unwrap();
    let tier = setup.start();
    let builder = Cache::builder("numbers").tier(Tier::LONG).without_early_loads();
    let builder = builder.far(&tier, "numbers", Format::new(1)).unwrap();
    (tier, builder.entries(10_000).unwrap().build())
}

async fn heard(url: &str) -> (FarTier, Numbers) {
    let (tier, cache) = process(url);
    tokio::time::timeout(PATIENCE, tier.heard()).await.unwrap();
    (tier, cache)
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let begin = now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Loads a row in one process until the other finds it in the store.
async fn shared(one: &Numbers, other: &Numbers, row: &Row) {
    let begin = now();
    loop {
        one.get_or_load(&1, row.loader()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let found = other.get_or_load(&1, row.loader()).await.unwrap();
        if matches!(found.outcome, Outcome::Far | Outcome::Hit) {
            return;
        }
        one.invalidate(&1).await;
        assert!(begin.elapsed() < PATIENCE, "{found:?}");
    }
}

async fn read(cache: &Numbers, row: &Row) -> u64 {
    **cache.get_or_load(&1, row.loader()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_of_stores() {
    let redis = Redis::start().unwrap();
    let store = || RedisStore::open(&redis.url(), "contract").unwrap();
    contract::values_hold_by_their_eras(&store()).await;
    contract::processes_hear_each_other(store(), store()).await;
    contract::a_sweep_ends_what_is_like_its_pattern(store(), store()).await;
}

#[tokio::test]
async fn what_began_before_its_end_is_not_even_stored() {
    use palisade_testkit::redis::Reply;

    let redis = Redis::start().unwrap();
    let store = RedisStore::open(&redis.url(), "test").unwrap();
    let before = store.end(&[0; 16], &[], &[]).await.unwrap();
    let fill = |key: &str, slot| {
        Fill::new(key.to_owned(), before, vec![slot], vec![1], Duration::from_mins(1))
    };
    store.end(&[0; 16], &[7], &[]).await.unwrap();
    store.fill(&[fill("ended", 7), fill("other", 8)]).await.unwrap();
    for (key, there) in [("ended", 0), ("other", 1)] {
        let reply =
            redis.command(&["EXISTS", &format!("palisade:{{test}}:value:1:{key}")]).unwrap();
        assert_eq!(reply, Reply::Integer(there), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_values_and_invalidations() {
    let redis = Redis::start().unwrap();
    let (_one_tier, one) = heard(&redis.url()).await;
    let (_other_tier, other) = heard(&redis.url()).await;
    let row = Row::new(1);
    for change in [
        (|cache| cache.invalidate(&1)) as fn(&Numbers) -> palisade_cache::Change,
        |cache| cache.invalidate_tag("org", 7),
        |cache| cache.clear(),
        |cache| cache.set(&1, 2),
    ] {
        row.write(1);
        one.clear().await;
        one.get_or_load(&1, row.tagged(7)).await.unwrap();
        until("it is found", || {
            other.get(&1).is_some() || {
                let (cache, loader) = (other.clone(), row.tagged(7));
                tokio::spawn(async move { cache.get_or_load(&1, loader).await });
                false
            }
        })
        .await;
        row.write(2);
        assert_eq!(change(&one).await, Reach::All);
        until("it is ended", || other.get(&1).is_none_or(|value| *value == 2)).await;
        assert_eq!(read(&other, &row).await, 2);
    }
    // More than one script reads.
    let many: Vec<u64> = (0..1100).collect();
    let load = |missing: Vec<u64>, _| async move {
        Ok::<_, Infallible>(missing.into_iter().map(|key| (key, key)).collect::<HashMap<_, _>>())
    };
    one.get_many_or_load(&many, load).await.unwrap();
    until("all are stored", || {
        redis.command(&["DBSIZE"]).unwrap() == palisade_testkit::redis::Reply::Integer(1101)
    })
    .await;
    let found = other.get_many_or_load(&many, load).await.unwrap();
    let far = found.iter().filter(|one| matches!(one.outcome, Outcome::Far | Outcome::Hit)).count();
    assert_eq!(far, 1100);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_without_redis_and_shares_when_redis_is_there() {
    let redis = Redis::start().unwrap();
    redis.kill();
    let ((one_tier, one), (other_tier, other)) = (process(&redis.url()), process(&redis.url()));
    let row = Row::new(1);
    assert_eq!(read(&one, &row).await, 1);
    assert_eq!(one.invalidate(&1).await, Reach::Here);
    redis.restart().unwrap();
    for tier in [&one_tier, &other_tier] {
        tokio::time::timeout(PATIENCE, tier.heard()).await.unwrap();
    }
    until("nothing is owed", || one_tier.stats().debts == 0).await;
    shared(&one, &other, &row).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_invalidated_while_redis_was_down_stays_so_whatever_redis_kept() {
    let redis = Redis::start().unwrap();
    let (other_tier, other) = heard(&redis.url()).await;
    let row = Row::new(1);
    {
        let (_tier, one) = heard(&redis.url()).await;
        shared(&one, &other, &row).await;
        redis.kill();
        row.write(2);
        assert_eq!(one.invalidate(&1).await, Reach::Here);
        // This process ends before it could tell anybody.
    }
    redis.restart().unwrap();
    assert!(
        matches!(redis.command(&["KEYS", "*value*"]).unwrap(), palisade_testkit::redis::Reply::Array(keys) if !keys.is_empty()),
        "the value is there"
    );
    tokio::time::timeout(PATIENCE, other_tier.heard()).await.unwrap();
    assert_eq!(read(&other, &row).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_see_an_invalidation_at_once_also_after_a_restart_of_redis() {
    let redis = Redis::start().unwrap();
    let (one_tier, one) = heard(&redis.url()).await;
    let (other_tier, other) = heard(&redis.url()).await;
    let row = Row::new(1);
    for round in 1..4 {
        shared(&one, &other, &row).await;
        row.write(round * 10);
        assert_eq!(one.invalidate(&1).await, Reach::All);
        until("it is ended", || other.get(&1).is_none()).await;
        assert_eq!(read(&other, &row).await, round * 10);
        redis.kill();
        redis.restart().unwrap();
        for tier in [&one_tier, &other_tier] {
            tokio::time::timeout(PATIENCE, tier.heard()).await.unwrap();
        }
        // Debts and an open breaker of the break are over.
        until("Redis answers", || one_tier.stats().debts == 0).await;
        let begin = now();
        while one.invalidate(&2).await != Reach::All {
            assert!(begin.elapsed() < PATIENCE, "{:?}", one_tier.stats());
        }
    }
}

/// Whatever becomes of the connection, each read is answered with no error, and in time.
#[tokio::test(flavor = "multi_thread")]
async fn no_fault_reaches_a_reader_and_none_holds_one_up() {
    let redis = Redis::start().unwrap();
    let proxy = FaultProxy::start(redis.address()).unwrap();
    let (tier, cache) = heard(&redis.url_through(proxy.address())).await;
    let faults = [
        Fault::Blackhole,
        Fault::Cut,
        Fault::Delay(Duration::from_millis(600)),
        Fault::Garbage,
        Fault::HalfOpen,
        Fault::Refuse,
        Fault::Throttle(std::num::NonZeroU32::MIN.saturating_add(9)),
    ];
    let mut next = 0;
    for fault in faults {
        proxy.set(fault).unwrap();
        for _ in 0..20 {
            next += 1;
            let begin = now();
            let loaded = cache.get_or_load(&next, Row::new(next).loader()).await.unwrap();
            assert_eq!(*loaded.value, next);
            cache.invalidate(&next).await;
            assert!(begin.elapsed() < DEADLINE * 10, "{fault:?}: {:?}", begin.elapsed());
        }
        proxy.set(Fault::Pass).unwrap();
        let back = || tier.is_heard() && tier.stats().debts == 0;
        until(&format!("after {fault:?} it comes back"), back).await;
    }
    // Redis itself hangs.
    redis.pause().unwrap();
    for _ in 0..20 {
        next += 1;
        let begin = now();
        cache.get_or_load(&next, Row::new(next).loader()).await.unwrap();
        assert!(begin.elapsed() < DEADLINE * 10, "{:?}", begin.elapsed());
    }
    redis.resume().unwrap();
    tokio::time::timeout(PATIENCE, tier.heard()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_is_told_of_invalidations() {
    let config = RedisConfig::new().add_option("maxmemory-policy", "noeviction");
    let redis = config.start().unwrap();
    let (_one_tier, one) = heard(&redis.url()).await;
    let (_other_tier, other) = heard(&redis.url()).await;
    let row = Row::new(1);
    shared(&one, &other, &row).await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    row.write(2);
    assert_eq!(one.invalidate(&1).await, Reach::All);
    until("it is ended", || other.get(&1).is_none()).await;
    assert_eq!(read(&other, &row).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgets_what_it_likes_forgets_values_and_revives_none() {
    let redis = Redis::start().unwrap();
    let (_one_tier, one) = heard(&redis.url()).await;
    let (_other_tier, other) = heard(&redis.url()).await;
    let row = Row::new(1);
    let forget: [&[&str]; 3] =
        [&["DEL", "palisade:{test}:eras:1"], &["FLUSHALL"], &["SCRIPT", "FLUSH"]];
    for (round, command) in forget.into_iter().enumerate() {
        shared(&one, &other, &row).await;
        redis.command(command).unwrap();
        let value = round as u64 + 2;
        row.write(value);
        assert_eq!(one.invalidate(&1).await, Reach::All);
        until("it is ended", || other.get(&1).is_none()).await;
        assert_eq!(read(&other, &row).await, value, "{command:?}");
    }
}

/// Keys of one row each, what is the least that a reader may get, and since when.
struct Truth {
    rows: Vec<AtomicU64>,
    least: Vec<Mutex<Vec<(Instant, u64)>>>,
}

impl Truth {
    const KEYS: u64 = 16;

    fn new() -> Arc<Self> {
        Arc::new(Self {
            rows: (0..Self::KEYS).map(|_| AtomicU64::new(0)).collect(),
            least: (0..Self::KEYS).map(|_| Mutex::new(vec![])).collect(),
        })
    }

    async fn read(self: &Arc<Self>, cache: &Numbers, key: u64) {
        let asked = now();
        let truth = Arc::clone(self);
        let load = move |_| async move {
            Ok::<_, Infallible>(truth.rows[key as usize].load(Ordering::SeqCst))
        };
        let got = **cache.get_or_load(&key, load).await.unwrap();
        let least = self.least[key as usize].lock().unwrap();
        let old = least.iter().rev().find(|(since, _)| *since + BOUND < asked);
        let Some((since, value)) = old else { return };
        assert!(got >= *value, "{got} for {value}, {:?} after it ended", asked - *since);
    }

    /// A change that came to all: from the end of the call on, nobody may be served what was before.
    async fn change(&self, cache: &Numbers, key: u64) -> bool {
        let value = self.rows[key as usize].fetch_add(1, Ordering::SeqCst) + 1;
        let reach = cache.invalidate(&key).await;
        let mut least = self.least[key as usize].lock().unwrap();
        if reach == Reach::All {
            least.push((now(), value));
        }
        reach == Reach::All
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_hundred_thousand_reads_under_faults_none_is_older_than_the_bound() {
    const READS: u64 = 100_000;
    let redis = Arc::new(Redis::start().unwrap());
    let proxy = FaultProxy::start(redis.address()).unwrap();
    let (_writer_tier, writer) = heard(&redis.url()).await;
    let (tier, reader) = heard(&redis.url_through(proxy.address())).await;
    let (truth, is_done) = (Truth::new(), Arc::new(AtomicBool::new(false)));
    let changes = tokio::spawn({
        let (truth, is_done) = (Arc::clone(&truth), Arc::clone(&is_done));
        async move {
            let (mut key, mut all) = (0, 0_u64);
            while !is_done.load(Ordering::SeqCst) {
                key = (key + 1) % Truth::KEYS;
                all += u64::from(truth.change(&writer, key).await);
                // For the other to find.
                truth.read(&writer, key).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            all
        }
    });
    let faults = tokio::spawn({
        let (redis, is_done) = (Arc::clone(&redis), Arc::clone(&is_done));
        async move {
            let wait = |millis| tokio::time::sleep(Duration::from_millis(millis));
            let mut rounds = 0;
            while !is_done.load(Ordering::SeqCst) || rounds == 0 {
                for fault in [Fault::Blackhole, Fault::HalfOpen, Fault::Cut, Fault::Garbage] {
                    proxy.set(fault).unwrap();
                    wait(1500).await;
                    proxy.set(Fault::Pass).unwrap();
                    wait(700).await;
                }
                redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
                wait(300).await;
                redis.pause().unwrap();
                wait(400).await;
                redis.resume().unwrap();
                wait(300).await;
                redis.kill();
                wait(100).await;
                redis.restart().unwrap();
                wait(700).await;
                rounds += 1;
            }
            rounds
        }
    });
    let mut reads = 0;
    while reads < READS || !faults.is_finished() {
        truth.read(&reader, reads % Truth::KEYS).await;
        reads += 1;
        if reads >= READS {
            is_done.store(true, Ordering::SeqCst);
        }
        if reads % 10 == 0 {
            // The reads are spread over the faults.
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    }
    let (told, rounds) = (changes.await.unwrap(), faults.await.unwrap());
    let stats = reader.stats();
    assert!(told > 100 && rounds > 0, "{told} changes");
    assert!(stats.hits > READS / 10 && stats.far_hits > 0, "{stats:?}");
    assert!(tier.stats().flushes > 1 && tier.stats().failures > 0, "{:?}", tier.stats());
}
