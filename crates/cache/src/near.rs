//! The engine that holds entries in memory: `quick_cache`, known to this file alone.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, Weighter};

use crate::entry::{Entry, ROUND};
use crate::eras::Eras;
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
    /// Of how many clearings the entries are.
    round: AtomicU32,
}

impl<K: Hash + Eq + Clone, V> Near<K, V> {
    pub(crate) fn new(capacity: Capacity<K, V>, tally: &Arc<Tally>) -> Self {
        let Capacity { weight, entries, weigh } = capacity;
        let (scales, hasher) = (Scales(weigh), DefaultHashBuilder::default());
        let lifecycle = Departures(Arc::clone(tally));
        let cache = Cache::with(entries, weight, scales, hasher, lifecycle);
        Self { cache, round: AtomicU32::new(0) }
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

    /// Says whether nothing invalidated an entry since its load began.
    #[inline]
    pub(crate) fn holds(&self, entry: &Entry<V>, eras: &Eras) -> bool {
        let cleared = eras.cleared();
        if cleared / ROUND != self.round.load(Ordering::Relaxed) {
            self.begin_round(cleared / ROUND);
            return false;
        }
        entry.holds(cleared, eras)
    }

    /// Lets go of every entry: the next ones are told apart by the same numbers.
    #[cold]
    fn begin_round(&self, round: u32) {
        self.cache.clear();
        self.round.store(round, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.cache.len()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.cache.weight()
    }
}

#[cfg(all(test, not(palisade_loom)))]
mod tests {
    use super::*;
    use crate::entry::Tags;
    use crate::freshness::Term;

    #[test]
    fn an_entry_of_an_earlier_round_of_clearings_is_none_of_this_one() {
        let eras = Eras::new(std::num::NonZeroUsize::MIN);
        let capacity = Capacity { weight: 10, entries: 10, weigh: None };
        let near = Near::<u64, u64>::new(capacity, &Arc::default());
        let term = Term { fresh_until: 1, retry_at: 0, cost: 0 };
        let began = eras.begin();
        near.insert(1, Entry::new(Some(Arc::new(1)), began, 0, Tags::new(), term));
        let entry = near.get(&1).unwrap();
        assert!(near.holds(&entry, &eras));
        (0..ROUND).for_each(|_| eras.end_all());
        assert!(entry.holds(eras.cleared(), &eras), "its number has come again");
        assert!(!near.holds(&entry, &eras));
        assert_eq!((near.len(), near.get(&1).is_none()), (0, true));
    }
}
