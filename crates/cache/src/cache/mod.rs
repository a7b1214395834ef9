//! The cache: what is read, what is written, what is loaded.

mod builder;
mod load;
mod pilot;

use std::fmt;
use std::hash::{Hash, RandomState};
use std::sync::Arc;
use std::time::Duration;

use palisade_resilience::Dice;

use crate::entry::{Entry, Tags};
use crate::eras::{Began, Eras};
use crate::flight::Flights;
use crate::freshness::{self, Freshness, Grace, Term};
use crate::near::Near;
use crate::outcome::Outcome;
use crate::stats::{Count, Stats, Tally};
use crate::tag::{self, TagId};
use crate::tier::Tier;
use crate::time::{Time, length, ticks};

pub use builder::{Bounded, Builder, Unbounded};

/// Values in memory, by key: loaded once for all who ask at a time, and never served after they
/// were invalidated.
///
/// A clone is the same cache. See the [crate](crate) for what holds when something is down or late.
///
/// # Cost
///
/// A hit: one look-up in a sharded table (a read lock of one shard), one clone of an `Arc` (two, of
/// an entry with tags), two atomic loads, no allocation; a clock read unless the cache has a
/// [`Ticker`](crate::Ticker). A load: one task and its future, and three allocations of its own.
pub struct Cache<K, V> {
    inner: Arc<Inner<K, V>>,
}

struct Inner<K, V> {
    name: &'static str,
    near: Near<K, V>,
    flights: Flights<K, V>,
    eras: Eras,
    time: Time,
    settings: Settings,
    hasher: RandomState,
    dice: Dice,
    tally: Tally,
}

/// How a cache goes about stale and missing values.
#[derive(Clone, Copy, Debug)]
struct Settings {
    tier: Tier,
    negative: Option<Duration>,
    grace: Grace,
    /// Ticks until a load that failed is tried again.
    throttle: u32,
    early: bool,
    load_limit: Duration,
    waiters: usize,
}

/// What the memory says of a key.
enum Look<V> {
    Serve(Option<Arc<V>>, Outcome),
    /// Serve it, and load it anew.
    Refresh(Entry<V>, Outcome),
    /// Load it; what is there, stale, may be shown to the loader and stand in for what it cannot
    /// give.
    Load(Option<Entry<V>>),
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Begins a cache; the name is for its logs.
    #[must_use]
    pub fn builder(name: &'static str) -> Builder<K, V, Unbounded> {
        Builder::new(name)
    }

    /// Returns a value that is there and fresh.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        match self.inner.look(key) {
            Look::Serve(value, Outcome::Hit) | Look::Refresh(Entry { value, .. }, Outcome::Hit) => {
                value
            }
            _ => None,
        }
    }

    /// Returns the values that are there and fresh, in the order of the keys.
    #[must_use]
    pub fn get_many(&self, keys: &[K]) -> Vec<Option<Arc<V>>> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// Stores a value for the cache's time to live; a load of the key that runs is overtaken.
    ///
    /// Between the reading of a value and this call nobody can tell whether it was invalidated:
    /// [`get_or_load`](Self::get_or_load) can, and is the better choice for what was read somewhere.
    pub fn set(&self, key: &K, value: V) {
        let inner = &self.inner;
        let entry = inner.entry(Some(Arc::new(value)), inner.eras.begin(), Tags::new(), None, 0);
        if let Some(entry) = entry {
            inner.flights.overtake(key, || inner.near.insert(key.clone(), entry));
        }
    }

    /// Stores values, each as [`set`](Self::set) does.
    pub fn set_many(&self, values: impl IntoIterator<Item = (K, V)>) {
        for (key, value) in values {
            self.set(&key, value);
        }
    }

    /// Ends a value: no read that begins after this call returns it or what a load read that began
    /// before.
    pub fn invalidate(&self, key: &K) {
        self.inner.flights.overtake(key, || self.inner.near.remove(key));
    }

    /// Ends all values under a tag, and the loads that began before, at the cost of one.
    ///
    /// Tags share 4,096 counters: now and then another tag's values end too.
    pub fn invalidate_tag<'a>(&self, kind: &str, id: impl Into<TagId<'a>>) {
        self.inner.eras.end_tag(tag::hash(&self.inner.hasher, kind, id.into()));
    }

    /// Ends all values, and the loads that began before, at the cost of one.
    ///
    /// What was there keeps its memory until others need it.
    pub fn clear(&self) {
        self.inner.eras.end_all();
        self.inner.flights.overtake_all();
    }

    /// Returns how often the cache gave what.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.tally.stats()
    }

    /// Returns the number of entries held, stale ones among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.near.len()
    }

    /// Says whether no entry is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what the entries weigh; never more than the capacity, rounded up to a whole weight for
    /// each shard of the table.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.inner.near.weight()
    }

    /// Returns the number of loads under way.
    #[must_use]
    pub fn loading(&self) -> usize {
        self.inner.flights.len()
    }
}

impl<K, V> Inner<K, V>
where
    K: Hash + Eq + Clone,
{
    #[inline]
    fn look(&self, key: &K) -> Look<V> {
        let Some(entry) = self.near.get(key).filter(|entry| entry.holds(&self.eras)) else {
            self.tally.add(Count::Miss);
            return Look::Load(None);
        };
        let freshness = self.freshness(&entry, self.time.now());
        let (count, look) = match freshness {
            Freshness::Fresh => (Count::Hit, Look::Serve(entry.value, Outcome::Hit)),
            Freshness::Early => (Count::Hit, Look::Refresh(entry, Outcome::Hit)),
            Freshness::Revalidate { stale } => {
                (Count::Stale, Look::Refresh(entry, Outcome::Stale(length(stale))))
            }
            Freshness::Degraded { stale } => {
                let outcome = Outcome::Degraded(length(stale));
                (Count::Degraded, Look::Serve(entry.value, outcome))
            }
            Freshness::Fallback { .. } | Freshness::Dead => (Count::Miss, Look::Load(Some(entry))),
        };
        self.tally.add(count);
        look
    }

    /// That there is no value is known for its own time and no longer.
    #[inline]
    fn freshness(&self, entry: &Entry<V>, now: u32) -> Freshness {
        let Settings { grace, early, .. } = self.settings;
        let grace = if entry.value.is_some() { grace } else { Grace::default() };
        let random = || if early { self.dice.roll() } else { u64::MAX };
        freshness::judge(entry.term, grace, now, random)
    }

    /// Makes an entry, unless it would live for less than a tick.
    fn entry(
        &self,
        value: Option<Arc<V>>,
        began: Began,
        tags: Tags,
        ttl: Option<Duration>,
        cost: u32,
    ) -> Option<Entry<V>> {
        let life = match (&value, ttl) {
            (_, Some(ttl)) => ttl,
            (Some(_), None) => self.settings.tier.life(self.dice.roll()),
            (None, None) => self.settings.negative?,
        };
        let life = Some(ticks(life)).filter(|life| *life > 0)?;
        let fresh_until = self.time.now().saturating_add(life);
        Some(Entry::new(value, began, tags, Term { fresh_until, retry_at: 0, cost }))
    }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("name", &self.inner.name)
            .field("stats", &self.inner.tally.stats())
            .finish_non_exhaustive()
    }
}
