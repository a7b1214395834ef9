//! A flood of keys takes the memory that was given and no more.

use std::collections::HashMap;

use palisade_cache::Cache;

use crate::world::cache;

#[test]
fn the_capacity_is_never_exceeded() {
    let (cache, _) = cache(|builder| builder);
    let mut grown: HashMap<u64, u64> = HashMap::new();
    for key in 0..100_000 {
        drop(cache.set(&key, key));
        grown.insert(key, key);
        // Rounded up for each shard.
        assert!(cache.len() <= 1000 + 64, "{} entries", cache.len());
    }
    assert_eq!(grown.len(), 100_000, "what a map without a bound comes to");
    assert!(cache.len() > 900);
}

#[test]
fn what_values_weigh_is_bounded_and_what_is_too_heavy_is_not_kept() {
    let builder = Cache::<u64, Vec<u8>>::builder("texts");
    let builder = builder.weighing(1 << 20, 1 << 10, |_, text| text.len() as u64).unwrap();
    let cache = builder.build();
    for key in 0..10_000 {
        drop(cache.set(&key, vec![0; (key % 4096) as usize]));
        assert!(cache.weight() <= (1 << 20) + 64, "{}", cache.weight());
    }
    drop(cache.set(&1, vec![0; 1 << 21]));
    assert_eq!(cache.get(&1), None);
}

#[test]
fn a_bound_that_cannot_be_is_refused() {
    let builder = || Cache::<u64, u64>::builder("numbers");
    let refused = builder().entries(0).unwrap_err().to_string();
    assert_eq!(refused, "the number of entries must be from 1 to 2147483648, not 0");
    assert!(builder().weighing(10, 100, |_, _| 1).is_err());
    assert!(builder().weighing(10, 0, |_, _| 1).is_err());
    let long = std::time::Duration::MAX;
    assert!(builder().stale_if_error(long).is_err() && builder().negative(long).is_err());
    assert!(builder().load_limit(std::time::Duration::ZERO).is_err());
}
