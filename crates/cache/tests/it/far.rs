//! Two processes and a store between them: what one ends no other serves.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use palisade_cache::envelope::{Format, Mark};
use palisade_cache::far::{
    Ear, FarTier, Fill, MemoryStore, Reach, Reading, Store, StoreError, StoreFuture,
};
use palisade_cache::{Answer, Cache, ConfigError, Outcome, Tier};
use palisade_core::ManualClock;

use crate::world::{Numbers, Row, TTL};

/// Lets other tasks and their timers go on until something is so.
async fn until(so: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never was so");
}

const PASS: u8 = 0;
const FAIL: u8 = 1;
const HANG: u8 = 2;
/// It is told late of what ends, and is as ever otherwise.
const LATE: u8 = 3;

/// A store that can be broken, and that tells nobody anything while it is mute.
#[derive(Clone, Debug)]
struct Switch {
    store: MemoryStore,
    mode: Arc<AtomicU8>,
    reads: Arc<AtomicU64>,
}

impl Switch {
    fn new(store: &MemoryStore) -> Self {
        Self { store: store.clone(), mode: Arc::default(), reads: Arc::default() }
    }

    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }

    fn pass<'a, T: Send + 'a>(
        &self,
        call: impl FnOnce() -> StoreFuture<'a, T>,
    ) -> StoreFuture<'a, T> {
        match self.mode.load(Ordering::SeqCst) {
            PASS | LATE => call(),
            FAIL => Box::pin(ready(Err(StoreError::new("broken")))),
            _ => Box::pin(std::future::pending()),
        }
    }
}

impl Store for Switch {
    fn name(&self) -> &'static str {
        "switch"
    }

    fn read<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Reading> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.pass(|| self.store.read(keys))
    }

    fn fill<'a>(&'a self, fills: &'a [Fill]) -> StoreFuture<'a, ()> {
        self.pass(|| self.store.fill(fills))
    }

    fn end<'a>(
        &'a self,
        origin: &'a [u8; 16],
        slots: &'a [u16],
        keys: &'a [String],
    ) -> StoreFuture<'a, Mark> {
        Box::pin(async move {
            while self.mode.load(Ordering::SeqCst) == LATE {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.pass(|| self.store.end(origin, slots, keys)).await
        })
    }

    fn watch(&self, pace: Duration, ear: Ear) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let broken = async {
                while matches!(self.mode.load(Ordering::SeqCst), PASS | LATE) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                biased;
                () = broken => Err(StoreError::new("broken")),
                end = self.store.watch(pace, ear) => end,
            }
        })
    }
}

/// One process.
struct Process {
    store: Switch,
    tier: FarTier,
    cache: Numbers,
    clock: ManualClock,
}

const BOUND: Duration = Duration::from_secs(2);

async fn process(store: &MemoryStore) -> Process {
    started(store, |builder| builder, 1).await
}

async fn started(
    store: &MemoryStore,
    setup: impl FnOnce(
        palisade_cache::Builder<u64, u64, palisade_cache::Bounded>,
    ) -> palisade_cache::Builder<u64, u64, palisade_cache::Bounded>,
    version: u32,
) -> Process {
    let (clock, store) = (ManualClock::new(), Switch::new(store));
    let tier = FarTier::setup(store.clone()).clock(clock.clone()).start();
    tier.heard().await;
    let builder = Cache::builder("numbers")
        .tier(Tier::MEDIUM.jitter(0).unwrap())
        .clock(clock.clone())
        .without_early_loads()
        .far(&tier, "numbers", Format::new(version))
        .unwrap();
    let cache = setup(builder.entries(1000).unwrap()).build();
    Process { store, tier, cache, clock }
}

async fn two(store: &MemoryStore) -> (Process, Process) {
    (process(store).await, process(store).await)
}

#[tokio::test(start_paused = true)]
async fn what_one_loads_the_other_finds_and_what_one_ends_ends_in_the_other() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    let row = Row::new(1);
    for (name, change) in [
        ("key", (|cache| cache.invalidate(&1)) as fn(&Numbers) -> palisade_cache::Change),
        ("tag", |cache| cache.invalidate_tag("org", 7)),
        ("all", |cache| cache.clear()),
        ("set", |cache| cache.set(&1, 5)),
    ] {
        row.write(1);
        let loaded = one.cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        assert_eq!(loaded.outcome, Outcome::Loaded, "{name}");
        store.holds(1).await;
        let found = other.cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        assert_eq!((*found.value, found.outcome), (1, Outcome::Far), "{name}");
        assert_eq!(other.cache.get(&1).as_deref(), Some(&1), "{name}");
        row.write(5);
        assert_eq!(change(&one.cache).await, Reach::All, "{name}");
        until(|| other.cache.get(&1).is_none()).await;
        let new = other.cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        assert_eq!(*new.value, 5, "{name}");
        one.cache.clear().await;
    }
    assert_eq!((one.cache.max_staleness(), other.tier.stats().failures), (BOUND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_began_before_an_invalidation_elsewhere_is_stored_nowhere() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    for change in [
        (|cache| cache.invalidate(&1)) as fn(&Numbers) -> palisade_cache::Change,
        |cache| cache.invalidate_tag("org", 7),
        |cache| cache.clear(),
    ] {
        let row = Row::gated(1);
        let before = tokio::spawn({
            let (cache, loader) = (other.cache.clone(), row.tagged(7));
            async move { cache.get_or_load(&1, loader).await.unwrap() }
        });
        row.read_by(1).await;
        row.write(2);
        assert_eq!(change(&one.cache).await, Reach::All);
        row.open(1);
        assert_eq!(*before.await.unwrap().value, 1, "who asked before may have it");
        until(|| other.cache.loading() == 0).await;
        row.open(2);
        for cache in [&one.cache, &other.cache] {
            assert_eq!(*cache.get_or_load(&1, row.tagged(7)).await.unwrap().value, 2);
        }
        one.cache.clear().await;
        until(|| other.cache.get(&1).is_none()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_loader_that_reads_when_it_is_called_is_fenced_too() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    // The value is read here, before anything was asked of the far tier.
    other.store.set(HANG);
    let cache = other.cache.clone();
    let load = tokio::spawn(async move {
        cache.get_or_load(&1, |_| ready(Ok::<_, Infallible>(1))).await.unwrap()
    });
    until(|| other.store.reads.load(Ordering::SeqCst) == 1).await;
    one.cache.invalidate(&1).await;
    other.store.set(PASS);
    assert_eq!(*load.await.unwrap().value, 1);
    let next = one.cache.get_or_load(&1, |_| ready(Ok::<_, Infallible>(2))).await.unwrap();
    assert_eq!((*next.value, next.outcome), (2, Outcome::Loaded));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_heard_of_is_served_up_to_the_bound_and_no_longer() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    let row = Row::new(1);
    one.cache.get_or_load(&1, row.loader()).await.unwrap();
    store.holds(1).await;
    other.cache.get_or_load(&1, row.loader()).await.unwrap();
    // The other hears nothing any more, and does not know it.
    other.store.set(HANG);
    until(|| other.store.mode.load(Ordering::SeqCst) == HANG).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    row.write(2);
    assert_eq!(one.cache.invalidate(&1).await, Reach::All);
    other.clock.advance(BOUND - Duration::from_millis(100));
    assert_eq!(other.cache.get(&1).as_deref(), Some(&1), "within the bound");
    other.clock.advance(Duration::from_millis(100));
    assert_eq!(other.cache.get(&1), None, "past the bound");
    // Alone, it serves what it loaded itself for as long.
    assert_eq!(**other.cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
    other.clock.advance(BOUND - Duration::from_millis(100));
    assert_eq!(other.cache.get(&1).as_deref(), Some(&2));
    other.clock.advance(Duration::from_millis(100));
    assert_eq!(other.cache.get(&1), None);
    assert!(!other.tier.is_heard());
}

#[tokio::test(start_paused = true)]
async fn announcements_that_are_lost_are_noticed_when_the_store_is_heard_again() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    let row = Row::new(1);
    other.cache.get_or_load(&1, row.loader()).await.unwrap();
    other.store.set(FAIL);
    tokio::time::sleep(Duration::from_millis(5)).await;
    row.write(2);
    one.cache.invalidate(&1).await;
    assert_eq!(other.cache.get(&1).as_deref(), Some(&1), "within the bound");
    let flushes = other.tier.stats().flushes;
    other.store.set(PASS);
    other.tier.heard().await;
    assert_eq!(other.cache.get(&1), None);
    assert_eq!(other.tier.stats().flushes, flushes + 1);
}

#[tokio::test(start_paused = true)]
async fn a_break_in_which_nothing_happened_costs_nothing() {
    let store = MemoryStore::new();
    let (_, other) = two(&store).await;
    other.cache.get_or_load(&1, Row::new(1).loader()).await.unwrap();
    let flushes = other.tier.stats().flushes;
    other.store.set(FAIL);
    tokio::time::sleep(Duration::from_millis(5)).await;
    other.store.set(PASS);
    other.tier.heard().await;
    assert_eq!(other.cache.get(&1).as_deref(), Some(&1));
    assert_eq!(other.tier.stats().flushes, flushes);
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_that_cannot_be_told_is_told_later_and_hides_the_store_until_then() {
    let store = MemoryStore::new();
    for how in [FAIL, HANG] {
        let (one, other) = two(&store).await;
        let row = Row::new(1);
        one.cache.get_or_load(&1, row.loader()).await.unwrap();
        store.holds(1).await;
        other.cache.get_or_load(&1, row.loader()).await.unwrap();
        one.store.set(how);
        row.write(2);
        assert_eq!(one.cache.invalidate(&1).await, Reach::Here);
        assert_eq!(one.tier.stats().debts, 1);
        // It has been tried in the background too, and will not be at once.
        tokio::time::sleep(Duration::from_millis(60)).await;
        one.store.set(PASS);
        // The store still has the old value.
        let reads = one.store.reads.load(Ordering::SeqCst);
        let own = one.cache.get_or_load(&1, row.loader()).await.unwrap();
        assert_eq!(*own.value, 2, "what it has ended itself it never serves");
        if one.tier.stats().debts > 0 {
            assert_eq!(one.store.reads.load(Ordering::SeqCst), reads);
        }
        until(|| one.tier.stats().debts == 0).await;
        until(|| other.cache.get(&1).is_none()).await;
        assert_eq!(**other.cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
        one.cache.clear().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_read_while_an_invalidation_is_on_its_way_ends_with_it() {
    let store = MemoryStore::new();
    let (one, _other) = two(&store).await;
    let row = Row::new(1);
    for change in [
        (|cache| cache.invalidate(&1)) as fn(&Numbers) -> palisade_cache::Change,
        |cache| cache.invalidate_tag("org", 7),
        |cache| cache.clear(),
    ] {
        row.write(1);
        one.cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        store.holds(1).await;
        row.write(2);
        one.store.set(LATE);
        let mut change = Box::pin(change(&one.cache));
        assert!(tokio::time::timeout(Duration::from_millis(5), &mut change).await.is_err());
        // The store does not know of it yet, and whoever asks now may not either.
        let between = one.cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        assert_eq!((*between.value, between.outcome), (1, Outcome::Far));
        one.store.set(PASS);
        assert_eq!(change.await, Reach::All);
        assert_eq!(**one.cache.get_or_load(&1, row.tagged(7)).await.unwrap(), 2);
        one.cache.clear().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_whose_caller_goes_away_is_told_all_the_same() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    let row = Row::new(1);
    for polls in [0, 1] {
        row.write(1);
        one.cache.get_or_load(&1, row.loader()).await.unwrap();
        store.holds(1).await;
        other.cache.get_or_load(&1, row.loader()).await.unwrap();
        row.write(2);
        one.store.set(HANG);
        let mut change = Box::pin(one.cache.invalidate(&1));
        if polls == 1 {
            let waited = tokio::time::timeout(Duration::ZERO, &mut change).await;
            assert!(waited.is_err());
        }
        drop(change);
        one.store.set(PASS);
        until(|| other.cache.get(&1).is_none()).await;
        assert_eq!(**other.cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
        one.cache.clear().await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_error_of_the_store_reaches_the_caller_and_none_waits_past_the_deadline() {
    let store = MemoryStore::new();
    let alone = process(&store).await;
    for how in [FAIL, HANG] {
        alone.store.set(how);
        let begin = tokio::time::Instant::now();
        for key in 0..100 {
            let loaded = alone.cache.get_or_load(&key, Row::new(key).loader()).await.unwrap();
            assert_eq!(*loaded.value, key);
            assert_eq!(alone.cache.invalidate(&key).await, Reach::Here);
        }
        // The breaker lets few through: 200 calls are not 200 deadlines.
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        alone.store.set(PASS);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_in_the_store_is_loaded_anew() {
    let store = MemoryStore::new();
    let changes: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.clear(),
        |bytes| bytes.truncate(50),
        |bytes| bytes[61] ^= 1,
        |bytes| *bytes = b"something else".repeat(8),
    ];
    for change in changes {
        let (one, other) = two(&store).await;
        one.cache.get_or_load(&1, Row::new(1).loader()).await.unwrap();
        store.holds(1).await;
        store.tamper(change);
        let loaded = other.cache.get_or_load(&1, Row::new(2).loader()).await.unwrap();
        assert_eq!((*loaded.value, loaded.outcome), (2, Outcome::Loaded));
        one.cache.clear().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lost_its_counters_is_another_store() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    let row = Row::new(1);
    other.cache.get_or_load(&1, row.loader()).await.unwrap();
    let gated = Row::gated(1);
    let late = tokio::spawn({
        let (cache, loader) = (other.cache.clone(), gated.loader());
        async move { cache.get_or_load(&2, loader).await.unwrap() }
    });
    gated.read_by(1).await;
    store.lose_all();
    row.write(2);
    // Its era is 1, as that of many invalidations of the other life was.
    one.cache.invalidate(&1).await;
    one.cache.invalidate(&2).await;
    gated.write(2);
    gated.open(2);
    late.await.unwrap();
    until(|| other.cache.get(&1).is_none()).await;
    assert_eq!(**other.cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
    assert_eq!(**one.cache.get_or_load(&2, gated.loader()).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_release_ends_what_another_release_stored() {
    let store = MemoryStore::new();
    let old = started(&store, |builder| builder, 1).await;
    let new = started(&store, |builder| builder, 2).await;
    let row = Row::new(1);
    new.cache.get_or_load(&1, row.loader()).await.unwrap();
    store.holds(1).await;
    let own = old.cache.get_or_load(&1, row.loader()).await.unwrap();
    assert_eq!(own.outcome, Outcome::Loaded, "values of another version are not read");
    row.write(2);
    old.cache.invalidate(&1).await;
    until(|| new.cache.get(&1).is_none()).await;
    let third = started(&store, |builder| builder, 2).await;
    assert_eq!(**third.cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_read_is_confirmed_where_nothing_may_be_late() {
    let store = MemoryStore::new();
    let one = process(&store).await;
    let strict = started(&store, palisade_cache::Builder::confirm_each_read, 1).await;
    let row = Row::new(1);
    assert_eq!(strict.cache.max_staleness(), Duration::ZERO);
    strict.cache.get_or_load(&1, row.loader()).await.unwrap();
    store.holds(1).await;
    let confirmed = strict.cache.get_or_load(&1, row.loader()).await.unwrap();
    assert_eq!((row.reads(), confirmed.outcome), (1, Outcome::Far));
    row.write(2);
    one.cache.invalidate(&1).await;
    // At once, whatever was heard.
    assert_eq!(**strict.cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
    strict.store.set(FAIL);
    row.write(3);
    assert_eq!(**strict.cache.get_or_load(&1, row.loader()).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn many_keys_are_asked_for_at_once() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    let load = |missing: Vec<u64>, _| async move {
        Ok::<_, Infallible>(missing.into_iter().map(|key| (key, key * 10)).collect())
    };
    one.cache.get_many_or_load(&[1, 2, 3], load).await.unwrap();
    store.holds(3).await;
    let reads = other.store.reads.load(Ordering::SeqCst);
    let all = other.cache.get_many_or_load(&[3, 4, 1, 2], load).await.unwrap();
    let got: Vec<_> = all.iter().map(|one| (*one.value.as_deref().unwrap(), one.outcome)).collect();
    let far = Outcome::Far;
    assert_eq!(got, [(30, far), (40, Outcome::Loaded), (10, far), (20, far)]);
    assert_eq!(other.store.reads.load(Ordering::SeqCst), reads + 1);
    assert_eq!((other.cache.stats().far_hits, other.cache.stats().far_misses), (3, 1));
    assert_eq!(other.cache.get(&3).as_deref(), Some(&30));
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_of_the_store_is_shown_to_the_loader_and_stands_in_for_it() {
    let clock = ManualClock::new();
    let store = MemoryStore::with_clock(clock.clone());
    let hour = Duration::from_hours(1);
    let setup = |builder: palisade_cache::Builder<_, _, _>| builder.stale_if_error(hour).unwrap();
    let one = started(&store, setup, 1).await;
    one.cache.get_or_load(&1, Row::new(1).loader()).await.unwrap();
    store.holds(1).await;
    let (kept, fails) = (started(&store, setup, 1).await, started(&store, setup, 1).await);
    // As if they had been there all the time: what is stale is older than a new process.
    for time in [&clock, &kept.clock, &fails.clock] {
        time.advance(TTL + Duration::from_secs(1));
    }
    let failed = fails.cache.get_or_load(&1, |_| ready(Err::<u64, _>("down"))).await.unwrap();
    assert!(matches!(failed.outcome, Outcome::Degraded(_)), "{failed:?}");
    let answer = kept.cache.load(&1, |loading| async move {
        assert_eq!(loading.previous().map(|value| **value), Some(1));
        Ok::<_, Infallible>(Answer::Kept)
    });
    assert_eq!(answer.await.unwrap().value.as_deref(), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_life_is_what_another_process_gives_it() {
    let clock = ManualClock::new();
    let store = MemoryStore::with_clock(clock.clone());
    let one = process(&store).await;
    one.cache.get_or_load(&1, Row::new(1).loader()).await.unwrap();
    store.holds(1).await;
    let minutes = Duration::from_mins(4);
    clock.advance(minutes);
    let other = process(&store).await;
    assert_eq!(
        other.cache.get_or_load(&1, Row::new(2).loader()).await.unwrap().outcome,
        Outcome::Far
    );
    // Whatever its own clock says.
    other.clock.advance(Duration::from_secs(59));
    other.tier.heard().await;
    assert!(other.cache.get(&1).is_some());
    other.clock.advance(Duration::from_secs(1));
    other.tier.heard().await;
    assert!(other.cache.get(&1).is_none());
}

#[tokio::test]
async fn two_caches_of_a_process_cannot_have_one_name() {
    let tier = FarTier::setup(MemoryStore::new()).start();
    let name = |name: &str| {
        Cache::<u64, u64>::builder("a")
            .far(&tier, name, Format::new(1))
            .map(|builder| builder.entries(1))
    };
    let first = name("users").unwrap();
    assert!(matches!(name("users"), Err(ConfigError::Taken { .. })));
    drop(first);
    assert!(name("users").is_ok());
    assert!(matches!(name("a:b"), Err(ConfigError::Name { .. })));
}

#[tokio::test(start_paused = true)]
async fn the_tasks_end_with_the_last_handle() {
    let store = MemoryStore::new();
    let (one, other) = two(&store).await;
    drop(one);
    drop(other.tier);
    let cache = other.cache;
    until(|| tokio::runtime::Handle::current().metrics().num_alive_tasks() == 2).await;
    drop(cache);
    until(|| tokio::runtime::Handle::current().metrics().num_alive_tasks() == 0).await;
}
