//! The race matrix: a load that began before a change ends after it. What it read is never served
//! to who asks after the change.

use crate::world::{Numbers, Row, cache, until};
use palisade_cache::{Change, Outcome};

/// What overtakes a load.
type Overtaking = fn(&Numbers) -> Change;

const CHANGES: [(&str, Overtaking); 3] = [
    ("key", |cache| cache.invalidate(&1)),
    ("tag", |cache| cache.invalidate_tag("org", 7)),
    ("clear", |cache| cache.clear()),
];

/// Begins a load of 1, writes 2, changes the cache, lets the load end.
async fn overtaken(change: Overtaking) -> (Numbers, Row) {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(1);
    let before = tokio::spawn({
        let (cache, loader) = (cache.clone(), row.tagged(7));
        async move { cache.get_or_load(&1, loader).await.unwrap() }
    });
    row.read_by(1).await;
    row.write(2);
    change(&cache).await;
    row.open(1);
    // Who asked before the change may have what was there before it.
    assert_eq!(*before.await.unwrap().value, 1);
    until(|| cache.loading() == 0).await;
    (cache, row)
}

#[tokio::test]
async fn refill_after_invalidate() {
    for (name, change) in CHANGES {
        let (cache, row) = overtaken(change).await;
        assert_eq!(cache.get(&1), None, "{name}");
        row.open(1);
        let after = cache.get_or_load(&1, row.tagged(7)).await.unwrap();
        assert_eq!((*after.value, after.outcome), (2, Outcome::Loaded), "{name}");
        assert_eq!(cache.get(&1).as_deref(), Some(&2), "{name}");
    }
}

#[tokio::test]
async fn joining_the_flight_that_was_overtaken() {
    for (name, change) in CHANGES {
        let (cache, _) = cache(|builder| builder);
        let row = Row::gated(1);
        let ask = || {
            let (cache, loader) = (cache.clone(), row.tagged(7));
            tokio::spawn(async move { cache.get_or_load(&1, loader).await.unwrap() })
        };
        let before = ask();
        row.read_by(1).await;
        row.write(2);
        change(&cache).await;
        let after = ask();
        until(|| cache.stats().misses == 2).await;
        row.open(2);
        assert_eq!(*after.await.unwrap().value, 2, "{name}");
        assert_eq!(*before.await.unwrap().value, 1, "{name}");
        until(|| cache.loading() == 0).await;
        assert_eq!(cache.get(&1).as_deref(), Some(&2), "{name}");
    }
}

#[tokio::test]
async fn who_asks_after_a_clear_does_not_wait_for_what_began_before_it() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(1);
    let before = tokio::spawn({
        let (cache, loader) = (cache.clone(), row.loader());
        async move { cache.get_or_load(&1, loader).await.unwrap() }
    });
    row.read_by(1).await;
    cache.clear().await;
    let at_once = |_| std::future::ready(Ok::<_, ()>(2));
    assert_eq!(**cache.get_or_load(&1, at_once).await.unwrap(), 2);
    row.open(1);
    assert_eq!(*before.await.unwrap().value, 1);
}

#[tokio::test]
async fn many_keys_do_not_join_a_flight_that_an_invalidation_may_have_overtaken() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(1);
    let before = tokio::spawn({
        let (cache, loader) = (cache.clone(), row.tagged(7));
        async move { cache.get_or_load(&1, loader).await.unwrap() }
    });
    row.read_by(1).await;
    cache.invalidate_tag("org", 7).await;
    let load = |missing: Vec<u64>, _| async move {
        Ok::<_, ()>(missing.into_iter().map(|key| (key, 2)).collect())
    };
    let after = cache.get_many_or_load(&[1], load).await.unwrap();
    assert_eq!(after[0].value.as_deref(), Some(&2));
    row.open(1);
    before.await.unwrap();
    assert_eq!(cache.get(&1).as_deref(), Some(&2));
}

#[tokio::test]
async fn a_value_that_is_set_is_not_overwritten_by_an_older_load() {
    let (cache, row) = overtaken(|cache| cache.set(&1, 3)).await;
    assert_eq!(cache.get(&1).as_deref(), Some(&3));
    assert_eq!((row.reads(), cache.stats().overtaken), (1, 1));
}

#[tokio::test]
async fn an_invalidation_between_two_loads_of_one_refresh() {
    let (cache, clock) =
        cache(|builder| builder.stale_while_revalidate(crate::world::TTL).unwrap());
    let row = Row::gated(1);
    row.open(1);
    cache.get_or_load(&1, row.loader()).await.unwrap();
    clock.advance(crate::world::TTL);
    let stale = cache.get_or_load(&1, row.loader()).await.unwrap();
    assert!(matches!(stale.outcome, Outcome::Stale(_)), "{stale:?}");
    row.read_by(2).await;
    row.write(2);
    cache.invalidate(&1).await;
    row.open(1);
    until(|| cache.stats().overtaken == 1).await;
    assert_eq!(cache.get(&1), None, "neither the stale value nor the refresh of it");
}

#[tokio::test]
async fn a_tag_ends_its_entries_and_no_others() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::new(1);
    for (key, org) in [(1, 7), (2, 7), (3, 8)] {
        cache.get_or_load(&key, row.tagged(org)).await.unwrap();
    }
    cache.get_or_load(&4, row.loader()).await.unwrap();
    cache.invalidate_tag("org", "7").await;
    let there = [1, 2, 3, 4].map(|key| cache.get(&key).is_some());
    assert_eq!(there, [false, false, true, true]);
    cache.clear().await;
    assert_eq!(cache.get_many(&[1, 2, 3, 4]), [None, None, None, None]);
}

#[tokio::test]
async fn an_entry_that_cannot_have_all_its_tags_is_not_stored() {
    let (cache, _) = cache(|builder| builder);
    for (tags, stored) in [(32, true), (33, false)] {
        let loaded = cache.get_or_load(&tags, |loading| async move {
            for tag in 0..tags {
                loading.tag("t", tag);
                loading.tag("t", tag);
            }
            Ok::<_, ()>(5)
        });
        assert_eq!(**loaded.await.unwrap(), 5);
        assert_eq!(cache.get(&tags).is_some(), stored, "{tags} tags");
    }
}
