//! Values that are late: by choice, for as long as was said, and no longer.

use std::sync::Arc;
use std::time::Duration;

use palisade_cache::{Answer, Cache, Change, Fetched, LoadError, Outcome, Ticker, Tier};
use palisade_core::ManualClock;
use palisade_resilience::Dice;

use crate::world::{Numbers, Row, TTL, cache, until};

const MINUTE: Duration = Duration::from_mins(1);

async fn fails(cache: &Numbers) -> Result<Fetched<Arc<u64>>, LoadError<&'static str>> {
    cache.get_or_load(&1, |_| async { Err("down") }).await
}

#[tokio::test]
async fn a_value_is_served_for_its_time_and_not_a_moment_longer() {
    let (cache, clock) = cache(|builder| builder);
    let row = Row::new(1);
    cache.get_or_load(&1, row.loader()).await.unwrap();
    row.write(2);
    clock.advance(TTL - Duration::from_millis(1));
    assert_eq!(cache.get(&1).as_deref(), Some(&1));
    clock.advance(Duration::from_millis(1));
    assert_eq!(cache.get(&1), None);
    assert_eq!(fails(&cache).await.unwrap_err(), LoadError::Loader("down"));
    assert_eq!(**cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_stale_value_is_served_while_one_load_renews_it() {
    let (cache, clock) = cache(|builder| builder.stale_while_revalidate(MINUTE).unwrap());
    let row = Row::gated(1);
    row.open(1);
    cache.get_or_load(&1, row.loader()).await.unwrap();
    row.write(2);
    clock.advance(TTL + Duration::from_secs(16));
    for _ in 0..3 {
        let stale = cache.get_or_load(&1, row.loader()).await.unwrap();
        assert_eq!((*stale.value, stale.outcome), (1, Outcome::Stale(Duration::from_secs(16))));
    }
    assert_eq!(cache.get(&1), None, "`get` gives nothing stale");
    row.open(1);
    until(|| cache.get(&1).is_some()).await;
    let fresh = cache.get_or_load(&1, row.loader()).await.unwrap();
    assert_eq!((*fresh.value, fresh.outcome, row.reads()), (2, Outcome::Hit, 2));
    clock.advance(TTL + MINUTE);
    row.open(1);
    assert_eq!(cache.get_or_load(&1, row.loader()).await.unwrap().outcome, Outcome::Loaded);
}

#[tokio::test]
async fn a_stale_value_stands_in_for_a_failure_and_the_source_is_left_alone_for_a_while() {
    let (cache, clock) = cache(|builder| {
        builder.stale_if_error(MINUTE).unwrap().retry_after(Duration::from_secs(8)).unwrap()
    });
    cache.set(&1, 1).await;
    clock.advance(TTL + Duration::from_secs(32));
    for _ in 0..3 {
        let stale = fails(&cache).await.unwrap();
        let outcome = Outcome::Degraded(Duration::from_secs(32));
        assert_eq!((*stale.value, stale.outcome, cache.stats().failures), (1, outcome, 1));
    }
    clock.advance(Duration::from_secs(8));
    assert_eq!(fails(&cache).await.unwrap().outcome, Outcome::Degraded(Duration::from_secs(40)));
    assert_eq!(cache.stats().failures, 2, "tried again");
    clock.advance(Duration::from_secs(8));
    let row = Row::new(2);
    assert_eq!(**cache.get_or_load(&1, row.loader()).await.unwrap(), 2);
    // The failures did not lengthen its life: a minute after it was stale it is gone.
    cache.set(&1, 3).await;
    clock.advance(TTL + MINUTE - Duration::from_secs(1));
    assert_eq!(*fails(&cache).await.unwrap().value, 3);
    clock.advance(Duration::from_secs(1));
    assert_eq!(fails(&cache).await.unwrap_err(), LoadError::Loader("down"));
}

#[tokio::test]
async fn a_refresh_that_fails_is_not_repeated_by_every_reader() {
    let (cache, clock) = cache(|builder| builder.stale_while_revalidate(MINUTE).unwrap());
    cache.set(&1, 1).await;
    clock.advance(TTL);
    assert!(matches!(fails(&cache).await.unwrap().outcome, Outcome::Stale(_)));
    until(|| cache.loading() == 0).await;
    for _ in 0..10 {
        assert!(matches!(fails(&cache).await.unwrap().outcome, Outcome::Degraded(_)));
    }
    assert_eq!(cache.stats().failures, 1);
}

#[tokio::test]
async fn an_invalidated_value_never_stands_in_for_a_failure() {
    let (cache, clock) = cache(|builder| builder.stale_if_error(MINUTE).unwrap());
    let row = Row::new(1);
    for change in [
        (|cache| cache.invalidate(&1)) as fn(&Numbers) -> Change,
        |cache| cache.invalidate_tag("org", 7),
        |cache| cache.clear(),
    ] {
        cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        clock.advance(TTL);
        change(&cache).await;
        assert_eq!(fails(&cache).await.unwrap_err(), LoadError::Loader("down"));
        // While the load runs.
        cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        clock.advance(TTL);
        let during = cache.clone();
        let load = |_| async move {
            change(&during).await;
            Err::<u64, _>("down")
        };
        assert_eq!(cache.get_or_load(&1, load).await.unwrap_err(), LoadError::Loader("down"));
    }
}

#[tokio::test]
async fn that_there_is_none_is_remembered_for_its_own_time() {
    let (cache, clock) = cache(|builder| {
        builder.negative(Duration::from_secs(10)).unwrap().stale_while_revalidate(MINUTE).unwrap()
    });
    let none = |_| async { Ok::<_, ()>(None) };
    let absent = cache.get_or_load_optional(&1, none).await.unwrap();
    assert_eq!((absent.value, absent.outcome), (None, Outcome::Loaded));
    let again = cache.get_or_load_optional(&1, none).await.unwrap();
    assert_eq!((again.value, again.outcome), (None, Outcome::Hit));
    let must = cache.get_or_load(&1, Row::new(1).loader()).await;
    assert_eq!(must.unwrap_err(), LoadError::Absent);
    clock.advance(Duration::from_secs(10));
    let found = cache.get_or_load_optional(&1, |_| async { Ok::<_, ()>(Some(4)) }).await.unwrap();
    assert_eq!((found.value.as_deref(), found.outcome), (Some(&4), Outcome::Loaded));

    let (forgetful, _) = crate::world::cache(|builder| builder);
    forgetful.get_or_load_optional(&1, none).await.unwrap();
    assert!(forgetful.is_empty());
}

#[tokio::test]
async fn a_loader_sets_a_time_and_keeps_what_was_not_modified() {
    let (cache, clock) = cache(|builder| builder.stale_if_error(MINUTE).unwrap());
    let own = |ttl| {
        move |loading: palisade_cache::Loading<u64>| async move {
            loading.ttl(ttl);
            Ok::<_, ()>(1)
        }
    };
    cache.get_or_load(&1, own(Duration::from_secs(1))).await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(cache.get(&1), None);
    let keep = |loading: palisade_cache::Loading<u64>| async move {
        assert_eq!(loading.previous().map(|value| **value), Some(1));
        Ok::<_, ()>(Answer::Kept)
    };
    let kept = cache.load(&1, keep).await.unwrap();
    assert_eq!((kept.value.as_deref(), kept.outcome), (Some(&1), Outcome::Loaded));
    assert!(cache.get(&1).is_some());
    let nothing = cache.load(&2, |_| async { Ok::<_, ()>(Answer::Kept) }).await;
    assert_eq!(nothing.unwrap_err(), LoadError::NothingKept);
    cache.invalidate(&1).await;
    cache.get_or_load(&1, own(Duration::ZERO)).await.unwrap();
    assert!(cache.is_empty(), "a time of zero is not to store it");
    // Nor does it leave what was there before.
    cache.set(&1, 9).await;
    clock.advance(TTL);
    cache.get_or_load(&1, own(Duration::ZERO)).await.unwrap();
    assert_eq!(fails(&cache).await.unwrap_err(), LoadError::Loader("down"));
}

#[tokio::test]
async fn a_dear_value_is_renewed_before_it_is_stale_and_once() {
    let clock = ManualClock::new();
    let builder = Cache::<u64, u64>::builder("numbers").tier(Tier::SHORT.jitter(0).unwrap());
    let builder = builder.clock(clock.clone()).dice(Dice::seeded(3)).entries(10).unwrap();
    let cache = builder.build();
    let row = Row::new(1);
    let slow = clock.clone();
    let load = |_| async move {
        slow.advance(Duration::from_secs(5));
        Ok::<_, ()>(1)
    };
    cache.get_or_load(&1, load).await.unwrap();
    let mut reads = 0;
    while row.reads() == 0 {
        clock.advance(Duration::from_millis(500));
        let value = cache.get_or_load(&1, row.loader()).await.unwrap();
        assert_eq!(value.outcome, Outcome::Hit, "nobody waits");
        reads += 1;
        assert!(reads < 120, "it is stale");
        tokio::task::yield_now().await;
    }
    assert!(reads > 60, "{reads} half seconds of a minute");
    assert_eq!(row.reads(), 1);
}

#[test]
fn a_ticker_stands_in_for_the_clock() {
    let ticker = Ticker::start().unwrap();
    let cache: Numbers = Cache::builder("numbers").ticker(&ticker).entries(10).unwrap().build();
    drop(cache.set(&1, 1));
    assert_eq!(cache.get(&1).as_deref(), Some(&1));
}
