//! What a read costs, exactly.

use std::convert::Infallible;
use std::task::{Context, Poll, Waker};

use palisade_testkit::alloc::{Allocations, count};

use crate::world::{Row, cache};

#[tokio::test]
async fn a_hit_allocates_nothing() {
    let (cache, _) = cache(|builder| builder);
    cache.get_or_load(&1, Row::new(1).tagged(7)).await.unwrap();
    drop(cache.set(&2, 2));
    for key in [1, 2] {
        assert_eq!(count(|| drop(cache.get(&key))), Allocations::NONE);
        let hit = count(|| {
            let load = |_| std::future::ready(Ok::<u64, Infallible>(0));
            let mut call = std::pin::pin!(cache.get_or_load(&key, load));
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Ready(Ok(_))));
        });
        assert_eq!(hit, Allocations::NONE);
    }
    assert_eq!(count(|| drop(cache.invalidate_tag("org", 7))), Allocations::NONE);
}

/// What the cache itself takes for an entry, beside a key and a value of 8 bytes each: its place in
/// the tables, and the counts of the `Arc`. The 40 KiB that any cache has are not divided.
#[test]
fn an_entry_costs_eighty_bytes_at_most() {
    const ENTRIES: u64 = 100_000;
    let cache = palisade_cache::Cache::<u64, u64>::builder("numbers").entries(100_000).unwrap();
    let cache = cache.build();
    let filled = count(|| (0..ENTRIES).for_each(|key| drop(cache.set(&key, key))));
    let held = filled.bytes - filled.freed_bytes;
    let entry = held / cache.len() as u64 - 16;
    assert!(entry <= 80, "{entry}");
}
