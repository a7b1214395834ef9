//! The cache: what is read, what is written, what is loaded.

mod builder;
mod change;
mod compute;
mod descent;
mod load;
mod pilot;
mod walk;

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use palisade_resilience::Dice;

use crate::entry::Entry;
use crate::eras::Eras;
use crate::far::Far;
use crate::flight::Flights;
use crate::freshness::{self, Freshness, Grace, Term};
use crate::near::Near;
use crate::outcome::Outcome;
use crate::stats::{Count, Stats, Tally};
use crate::tag::Hasher;
use crate::tier::Tier;
use crate::time::{Time, length, ticks};

pub use builder::{Bounded, Builder, Unbounded};
pub use change::Change;

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
    eras: Arc<Eras>,
    time: Time,
    settings: Settings,
    hasher: Hasher,
    dice: Dice,
    tally: Arc<Tally>,
    far: Option<Far<K, V>>,
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
    /// Each read asks the far tier.
    confirms: bool,
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

    /// Returns a value that is there and fresh in this process's memory; the far tier is not asked.
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

    /// Returns how old a value may be that is served after it was invalidated in another process; zero
    /// without a far tier, and for a cache that [confirms each read](Builder::confirm_each_read).
    #[must_use]
    pub fn max_staleness(&self) -> Duration {
        let far = self.inner.far.as_ref().filter(|_| !self.inner.settings.confirms);
        far.map_or(Duration::ZERO, |far| far.tier.max_staleness())
    }

    /// Returns the name of the cache.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.inner.name
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
        let Some(entry) = self.near.get(key).filter(|entry| self.holds(entry)) else {
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

    /// Says whether nothing has invalidated an entry, as far as is known now.
    #[inline]
    fn holds(&self, entry: &Entry<V>) -> bool {
        self.near.holds(entry, &self.eras)
            && self.far.as_ref().is_none_or(|far| self.vouches(far, entry))
    }

    fn vouches(&self, far: &Far<K, V>, entry: &Entry<V>) -> bool {
        !self.settings.confirms && far.tier.vouches_for(entry.born())
    }

    /// That there is no value is known for its own time and no longer.
    #[inline]
    fn freshness(&self, entry: &Entry<V>, now: u32) -> Freshness {
        let Settings { grace, early, .. } = self.settings;
        let grace = if entry.value.is_some() { grace } else { Grace::default() };
        let random = || if early { self.dice.roll() } else { u64::MAX };
        freshness::judge(entry.term(), grace, now, random)
    }

    /// Returns the ticks that an entry will live, by what its loader said; none if that is less than
    /// one.
    fn life(&self, is_value: bool, ttl: Option<Duration>, tier: Option<Tier>) -> Option<u32> {
        let life = match ttl {
            Some(ttl) => ttl,
            None if is_value => tier.unwrap_or(self.settings.tier).life(self.dice.roll()),
            None => self.settings.negative?,
        };
        Some(ticks(life)).filter(|life| *life > 0)
    }

    /// Returns the term of an entry that lives for so long from now on.
    fn term(&self, life: u32, cost: u32) -> Term {
        Term { fresh_until: self.time.now().saturating_add(life), retry_at: 0, cost }
    }

    /// The tick of now by which a far tier tells how old an entry is.
    fn born(&self) -> u32 {
        self.far.as_ref().map_or(0, |far| far.tier.tick())
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
