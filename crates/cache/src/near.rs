//! The engine that holds entries in memory: `quick_cache`, known to this file alone.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, Weighter};

use crate::entry::Entry;
use crate::stats::{Count, Tally};

/// Tells what a value weighs.
pub(crate) type Weigh<K, V> = Arc<dyn Fn(&K, &V) -> u64 + Send + Sync>;

/// How much is held.
pub(crate) struct Capacity<K, V> {
    pub(crate) weight: u64,
    /// How many entries that may be, to size tables.
    pub(crate) entries: usize,
    /// Without it every entry weighs 1.
    pub(crate) weigh: Option<Weigh<K, V>>,
}

struct Scales<K, V>(Option<Weigh<K, V>>);

impl<K, V> Clone for Scales<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Weighter<K, Entry<V>> for Scales<K, V> {
    fn weight(&self, key: &K, entry: &Entry<V>) -> u64 {
        // What weighs nothing would never be evicted.
        match (&self.0, &entry.value) {
            (Some(weigh), Some(value)) => weigh(key, value).max(1),
            _ => 1,
        }
    }
}

/// Counts what goes for want of room.
#[derive(Clone)]
struct Departures(Arc<Tally>);

impl<K, V> Lifecycle<K, Entry<V>> for Departures {
    type RequestState = ();

    // The other hooks also hear of what a newer value replaces.
    fn before_evict(&self, (): &mut (), _: &K, _: &mut Entry<V>) {
        self.0.add(Count::Eviction);
    }
}

/// Entries in memory, bounded by weight.
pub(crate) struct Near<K, V> {
    cache: Cache<K, Entry<V>, Scales<K, V>, DefaultHashBuilder, Departures>,
}

impl<K: Hash + Eq + Clone, V> Near<K, V> {
    pub(crate) fn new(capacity: Capacity<K, V>, tally: &Arc<Tally>) -> Self {
        let Capacity { weight, entries, weigh } = capacity;
        let (scales, hasher) = (Scales(weigh), DefaultHashBuilder::default());
        let lifecycle = Departures(Arc::clone(tally));
        Self { cache: Cache::with(entries, weight, scales, hasher, lifecycle) }
    }

    #[inline]
    pub(crate) fn get(&self, key: &K) -> Option<Entry<V>> {
        self.cache.get(key)
    }

    pub(crate) fn insert(&self, key: K, entry: Entry<V>) {
        self.cache.insert(key, entry);
    }

    pub(crate) fn remove(&self, key: &K) {
        drop(self.cache.remove(key));
    }

    /// Returns the keys of all that is there.
    pub(crate) fn keys(&self) -> Vec<K> {
        self.cache.iter().map(|(key, _)| key).collect()
    }

    pub(crate) fn clear(&self) {
        self.cache.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.cache.len()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.cache.weight()
    }
}
