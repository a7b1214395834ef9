//! How a cache is set up.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, SystemClock};
use palisade_resilience::Dice;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Cache, Inner, Settings};
use crate::envelope::Format;
use crate::eras::Eras;
use crate::error::ConfigError;
use crate::far::{Far, FarTier};
use crate::flight::Flights;
use crate::freshness::Grace;
use crate::key::Key;
use crate::near::{Capacity, Near};
use crate::stats::Tally;
use crate::tag::Hasher;
use crate::tier::Tier;
use crate::time::{LONGEST, SHORTEST, Ticker, Time, Watch, ticks};

/// A cache that has no bound yet, and so cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unbounded {}

/// A cache with a bound.
#[derive(Debug)]
#[non_exhaustive]
pub enum Bounded {}

/// Settings of a cache; without [`entries`](Self::entries) or [`weighing`](Self::weighing) there is
/// no `build`.
///
/// | setting | default |
/// |---|---|
/// | [`tier`](Self::tier) | [`Tier::MEDIUM`] |
/// | [`stale_while_revalidate`](Self::stale_while_revalidate), [`stale_if_error`](Self::stale_if_error), [`negative`](Self::negative) | off |
/// | [`retry_after`](Self::retry_after) | 1 s |
/// | [`load_limit`](Self::load_limit) | 30 s |
/// | [`waiters`](Self::waiters) | 1,024 |
/// | early loads | on |
pub struct Builder<K, V, S> {
    name: &'static str,
    capacity: Capacity<K, V>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    ticker: Option<Ticker>,
    dice: Dice,
    far: Option<Far<K, V>>,
    state: PhantomData<fn() -> S>,
}

impl<K, V> Builder<K, V, Unbounded> {
    pub(super) fn new(name: &'static str) -> Self {
        let settings = Settings {
            tier: Tier::MEDIUM,
            negative: None,
            grace: Grace::default(),
            throttle: ticks(Duration::from_secs(1)),
            early: true,
            load_limit: Duration::from_secs(30),
            waiters: 1024,
            confirms: false,
        };
        Self {
            name,
            capacity: Capacity { weight: 0, entries: 0, weigh: None },
            settings,
            clock: Arc::new(SystemClock::new()),
            ticker: None,
            dice: Dice::new(),
            far: None,
            state: PhantomData,
        }
    }
}

/// Slots of tags: 32 KiB for each cache.
const SLOTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);
/// The most entries of a cache.
const MOST_ENTRIES: usize = 1 << 31;

impl<K, V, S> Builder<K, V, S> {
    /// Bounds the cache by the number of its entries.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] for 0 and for more than 2^31.
    pub fn entries(self, entries: usize) -> Result<Builder<K, V, Bounded>, ConfigError> {
        let weight = u64::try_from(entries).unwrap_or(u64::MAX);
        self.sized(Capacity { weight, entries, weigh: None })
    }

    /// Bounds the cache by what its values weigh together, in a unit of the caller's, bytes mostly.
    ///
    /// What weighs more than the share of one shard of the table is not kept; what weighs nothing
    /// weighs 1.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] if no value, or if more than 2^31 values of the usual weight, would fit.
    pub fn weighing(
        self,
        most: u64,
        usual: u64,
        weigh: impl Fn(&K, &V) -> u64 + Send + Sync + 'static,
    ) -> Result<Builder<K, V, Bounded>, ConfigError> {
        let entries = usize::try_from(most.checked_div(usual).unwrap_or(0)).unwrap_or(usize::MAX);
        self.sized(Capacity { weight: most, entries, weigh: Some(Arc::new(weigh)) })
    }

    fn sized(self, capacity: Capacity<K, V>) -> Result<Builder<K, V, Bounded>, ConfigError> {
        let count = |number| u64::try_from(number).unwrap_or(u64::MAX);
        let (entries, most) = (count(capacity.entries), count(MOST_ENTRIES));
        ConfigError::number("the number of entries", entries, 1, most)?;
        let Self { name, settings, clock, ticker, dice, far, .. } = self;
        Ok(Builder { name, capacity, settings, clock, ticker, dice, far, state: PhantomData })
    }

    /// Sets how long values are good.
    #[must_use]
    pub const fn tier(mut self, tier: Tier) -> Self {
        self.settings.tier = tier;
        self
    }

    /// Serves a stale value for so long while it is loaded anew (RFC 5861, section 3).
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] over a year.
    pub fn stale_while_revalidate(mut self, span: Duration) -> Result<Self, ConfigError> {
        let span = ConfigError::time("stale_while_revalidate", span, Duration::ZERO, LONGEST)?;
        self.settings.grace.while_revalidate = ticks(span);
        Ok(self)
    }

    /// Serves a stale value for so long if loading it anew fails (RFC 5861, section 4).
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] over a year.
    pub fn stale_if_error(mut self, span: Duration) -> Result<Self, ConfigError> {
        let span = ConfigError::time("stale_if_error", span, Duration::ZERO, LONGEST)?;
        self.settings.grace.if_error = ticks(span);
        Ok(self)
    }

    /// Sets how long a load that failed is not tried again where a stale value stands in for it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] below 16 ms and over a year.
    pub fn retry_after(mut self, span: Duration) -> Result<Self, ConfigError> {
        self.settings.throttle = ticks(ConfigError::time("retry_after", span, SHORTEST, LONGEST)?);
        Ok(self)
    }

    /// Remembers for so long that there is no value.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] below 16 ms and over a year.
    pub fn negative(mut self, span: Duration) -> Result<Self, ConfigError> {
        self.settings.negative = Some(ConfigError::time("negative", span, SHORTEST, LONGEST)?);
        Ok(self)
    }

    /// Ends loads that take longer.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] for zero and over a day.
    pub fn load_limit(mut self, limit: Duration) -> Result<Self, ConfigError> {
        let (least, most) = (Duration::from_millis(1), Duration::from_hours(24));
        self.settings.load_limit = ConfigError::time("load_limit", limit, least, most)?;
        Ok(self)
    }

    /// Sets how many callers may wait for one load; more are refused at once.
    #[must_use]
    pub const fn waiters(mut self, most: usize) -> Self {
        self.settings.waiters = most;
        self
    }

    /// Loads values when they are stale and not before.
    #[must_use]
    pub const fn without_early_loads(mut self) -> Self {
        self.settings.early = false;
        self
    }

    /// Shares values with other processes through a far tier, under a name and a version of their
    /// type.
    ///
    /// What the tier is asked for is loaded only where the tier does not have it, and what is loaded is
    /// put there. When the tier does not answer, each process loads for itself.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Name`] for a name that is not 1 to 64 ASCII letters, digits, hyphens and
    /// underscores; [`ConfigError::Taken`] if a cache of this process has that name in the tier.
    pub fn far(mut self, tier: &FarTier, name: &str, format: Format) -> Result<Self, ConfigError>
    where
        K: Key,
        V: Serialize + DeserializeOwned,
    {
        self.far = None;
        self.far = Some(Far::new(tier, format, &ConfigError::name("the name", name)?)?);
        Ok(self)
    }

    /// Asks the far tier at each read whether a value holds: nothing is served that was invalidated in
    /// another process before the read began, not even for the time of
    /// [`max_staleness`](Cache::max_staleness). While the tier does not answer, each read loads.
    ///
    /// For permissions, and whatever must end at once; a read costs a round trip. Without a far tier
    /// there is nothing to ask, and this changes nothing.
    #[must_use]
    pub const fn confirm_each_read(mut self) -> Self {
        self.settings.confirms = true;
        self
    }

    /// Goes by this clock; without a ticker it is asked at each read.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Goes by this ticker, so that a read costs no clock read.
    #[must_use]
    pub fn ticker(mut self, ticker: &Ticker) -> Self {
        self.ticker = Some(ticker.clone());
        self
    }

    /// Draws jitter and early loads from this randomness.
    #[must_use]
    pub const fn dice(mut self, dice: Dice) -> Self {
        self.dice = dice;
        self
    }
}

impl<K, V> Builder<K, V, Bounded>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Makes the cache: 40 KiB, and tables that grow with the entries up to the bound.
    #[must_use]
    pub fn build(self) -> Cache<K, V> {
        let Self { name, capacity, settings, clock, ticker, dice, far, .. } = self;
        let tally = Arc::new(Tally::default());
        let (eras, hasher) = match &far {
            Some(far) => (far.tier.eras(), far.tier.hasher()),
            None => (Arc::new(Eras::new(SLOTS)), Hasher::random()),
        };
        let inner = Inner {
            name,
            near: Near::new(capacity, &tally),
            flights: Flights::new(),
            eras,
            time: Time { watch: Watch::new(clock), ticker },
            settings,
            hasher,
            dice,
            tally,
            far,
        };
        Cache { inner: Arc::new(inner) }
    }
}

impl<K, V, S> fmt::Debug for Builder<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, capacity, settings, .. } = self;
        f.debug_struct("Builder")
            .field("name", name)
            .field("weight", &capacity.weight)
            .field("entries", &capacity.entries)
            .field("settings", settings)
            .finish_non_exhaustive()
    }
}
