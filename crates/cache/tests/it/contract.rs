//! What every store of a far tier keeps: the one in memory, in a file and in Redis.

use std::ops::ControlFlow;
use std::time::Duration;

use palisade_cache::envelope::{Format, Header, Mark, open, seal};
use palisade_cache::far::{FarTier, Fill, MemoryStore, Reach, Store};
use palisade_cache::{Cache, Outcome, Sweep, Swept};
use palisade_core::SystemClock;

use crate::world::before_long;

const ORIGIN: [u8; 16] = [7; 16];
const HOUR: Duration = Duration::from_hours(1);

fn format() -> Format {
    Format::new(1).named("contract")
}

/// A value as a tier writes it.
fn value(mark: Mark, slots: &[u16], value: u64) -> Vec<u8> {
    seal(&format(), &Header::new(mark, u64::MAX).slots(slots.iter().copied()), Some(&value))
        .unwrap()
}

fn fill(key: &str, mark: Mark, slots: &[u16], number: u64) -> Fill {
    Fill::new(key.to_owned(), mark, slots.to_vec(), value(mark, slots, number), HOUR)
}

async fn get(store: &dyn Store, key: &str) -> Option<u64> {
    let reading = store.read(&[key.to_owned()]).await.unwrap();
    let bytes = reading.values.into_iter().next().unwrap()?;
    open::<u64>(&format(), &bytes).unwrap().value
}

/// Returns the era after one in which nothing ended.
async fn now(store: &dyn Store) -> Mark {
    store.end(&ORIGIN, &[], &[]).await.unwrap()
}

/// Stores keep values by their marks and slots, whoever asks.
pub(crate) async fn values_hold_by_their_eras(store: &dyn Store) {
    let before = now(store).await;
    store.fill(&[fill("a", before, &[1, 2], 10), fill("b", before, &[3], 20)]).await.unwrap();
    assert_eq!((get(store, "a").await, get(store, "b").await), (Some(10), Some(20)));
    let keys = ["b", "none", "a"].map(ToOwned::to_owned);
    let many = store.read(&keys).await.unwrap().values;
    assert_eq!(many.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);

    // A slot ends what is under it and nothing else, and what began before is stored no more.
    let after = store.end(&ORIGIN, &[2], &[]).await.unwrap();
    assert_eq!((after.id(), after.era()), (before.id(), before.era() + 1));
    assert_eq!((get(store, "a").await, get(store, "b").await), (None, Some(20)));
    store.fill(&[fill("a", before, &[1, 2], 10)]).await.unwrap();
    assert_eq!(get(store, "a").await, None, "its load began before");
    store.fill(&[fill("a", before, &[1], 11)]).await.unwrap();
    assert_eq!(get(store, "a").await, Some(11), "nothing has ended it");
    store.fill(&[fill("a", after, &[1, 2], 12)]).await.unwrap();
    assert_eq!(get(store, "a").await, Some(12));

    // A mark of another life is none.
    let other = Mark::new([9; 16], after.era());
    store.fill(&[fill("c", other, &[5], 1)]).await.unwrap();
    assert_eq!(get(store, "c").await, None);

    // Keys are forgotten with the end of their slots.
    store.end(&ORIGIN, &[3], &["b".to_owned()]).await.unwrap();
    assert_eq!(get(store, "b").await, None);

    // What is kept for a moment is gone after it.
    let mark = now(store).await;
    let short =
        Fill::new("d".to_owned(), mark, vec![6], value(mark, &[6], 1), Duration::from_millis(1));
    store.fill(&[short]).await.unwrap();
    before_long("it is kept for ever", async || get(store, "d").await.is_none()).await;
}

/// Two processes hear each other, and none serves what the other has ended.
pub(crate) async fn processes_hear_each_other<S: Store>(one: S, other: S) {
    let process = |tier: &FarTier| -> Cache<u64, u64> {
        let builder = Cache::builder("numbers").far(tier, "numbers", Format::new(1)).unwrap();
        builder.without_early_loads().entries(1000).unwrap().build()
    };
    // The disk or the server may be busy.
    let patient = Duration::from_secs(10);
    let start = |store: S| FarTier::setup(store).deadline(patient).unwrap().start();
    let (one_tier, other_tier) = (start(one), start(other));
    for tier in [&one_tier, &other_tier] {
        tokio::time::timeout(Duration::from_mins(1), tier.heard()).await.unwrap();
    }
    let (one, other) = (process(&one_tier), process(&other_tier));
    for round in 0..20_u64 {
        let load = |value| {
            move |loading: palisade_cache::Loading<u64>| async move {
                loading.tag("org", 3);
                Ok::<_, ()>(value)
            }
        };
        one.get_or_load(&1, load(round)).await.unwrap();
        // Whoever loads it, it is of this round.
        assert_eq!(*other.get_or_load(&1, load(round)).await.unwrap().value, round);
        let change = || match round % 3 {
            0 => one.invalidate(&1),
            1 => one.invalidate_tag("org", 3),
            _ => one.clear(),
        };
        // A file may be locked for longer than a call waits, where the disk is busy.
        before_long("not all are told", async || change().await == Reach::All).await;
        before_long("it does not hear", async || other.get(&1).is_none()).await;
    }
}

/// A walk through everything ends what is like a pattern, in all processes, and nothing else.
pub(crate) async fn a_sweep_ends_what_is_like_its_pattern<S: Store>(one: S, other: S) {
    type Numbers = Cache<(u64, u64), u64>;
    const KEYS: u64 = 1200;
    let patient = Duration::from_secs(10);
    let start = |store: S| FarTier::setup(store).deadline(patient).unwrap().start();
    let (one_tier, other_tier) = (start(one), start(other));
    for tier in [&one_tier, &other_tier] {
        tokio::time::timeout(Duration::from_mins(1), tier.heard()).await.unwrap();
    }
    let process = |tier: &FarTier| -> Numbers {
        let builder = Cache::builder("numbers").far(tier, "swept", Format::new(1)).unwrap();
        builder.without_early_loads().entries(10_000).unwrap().build()
    };
    let (one, other) = (process(&one_tier), process(&other_tier));
    let keys: Vec<(u64, u64)> = (0..KEYS).map(|key| (key % 3, key)).collect();
    let loads = async |cache: &Numbers| {
        let load = |missing: Vec<(u64, u64)>, _| async move {
            Ok::<_, ()>(missing.into_iter().map(|key| (key, key.1)).collect())
        };
        let found = cache.get_many_or_load(&keys, load).await.unwrap();
        found.iter().filter(|found| found.outcome == Outcome::Loaded).count()
    };
    let there = |cache: &Numbers, part: u64| {
        keys.iter().filter(|key| key.0 == part && cache.get(key).is_some()).count()
    };
    loads(&one).await;
    loads(&other).await;
    let go_on = |_: &Swept| ControlFlow::Continue(());
    let sweep = || Sweep::new(&other, ":1:*".parse().unwrap());
    // In memory and, sooner or later, far.
    let shared = async || sweep().dry_run(go_on).await.unwrap().matched >= 800;
    before_long("it is not shared", shared).await;
    let found = sweep().dry_run(go_on).await.unwrap();
    assert!(found.seen >= 2400, "{found:?}");
    assert_eq!((there(&one, 1), there(&other, 1)), (400, 400));
    let stopped = sweep().run(|_| ControlFlow::Break(())).await.unwrap();
    assert!(stopped.seen <= 500 && stopped.matched < 400, "{stopped:?}");
    let swept = sweep().run(go_on).await.unwrap();
    assert_eq!(swept.reach, Reach::All);
    assert_eq!(there(&other, 1), 0);
    before_long("it does not hear", async || there(&one, 1) == 0).await;
    // Few others share a counter with what was ended.
    assert!(there(&one, 0) > 350 && there(&one, 2) > 350);
    assert_eq!(sweep().dry_run(go_on).await.unwrap().matched, 0);
}

#[tokio::test]
async fn the_store_in_memory_keeps_it() {
    let store = MemoryStore::with_clock(SystemClock::new());
    values_hold_by_their_eras(&store).await;
    processes_hear_each_other(store.clone(), store.clone()).await;
    a_sweep_ends_what_is_like_its_pattern(store.clone(), store).await;
}
