//! A far tier: a store, what is heard of it, and what guards it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_core::Clock as _;
use palisade_resilience::RuntimeClock;
use palisade_resilience::breaker::{Breaker, BreakerError};
use palisade_resilience::deadline::Deadline;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::hearing::Hearing;
use super::store::{Fill, Reading, Store, StoreError, StoreFuture, Walk};
use super::{FarSetup, FarStats};
use crate::envelope::Mark;
use crate::error::ConfigError;
use crate::tag::Hasher;

/// How far an invalidation came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// Every process: those that hear of it at once, all others by their bound.
    All,
    /// This process. The store could not be told and will be, again and again; other processes may
    /// serve what they have until then, as long as they hear of the store.
    Here,
}

/// A store that caches of several processes share; a clone is the same tier.
///
/// Tags are of the tier: [`invalidate_tag`](crate::Cache::invalidate_tag) ends values of all its caches.
/// What holds is said in the [module](super).
///
/// # Cost
///
/// Two tasks, which end with the last clone and the last cache; 128 KiB of counters.
#[derive(Clone)]
pub struct FarTier {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) hearing: Arc<Hearing>,
    pub(super) guard: Guard,
    pub(super) debts: Arc<Debts>,
    pub(super) tasks: Mutex<Vec<AbortHandle>>,
    names: Mutex<HashSet<String>>,
    hasher: Hasher,
    staleness: Duration,
}

/// What stands between a call and a store that does not answer.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) breaker: Breaker,
    pub(super) deadline: Duration,
    pub(super) failures: Arc<AtomicU64>,
    pub(super) refused: Arc<AtomicU64>,
}

impl Guard {
    /// Calls the store, unless the breaker is open; waits no longer than the deadline.
    pub(super) async fn call<'a, T>(&self, make: impl FnOnce() -> StoreFuture<'a, T>) -> Option<T> {
        let deadline = Deadline::after(RuntimeClock::new().now(), self.deadline);
        match self.breaker.run(|| deadline.run_fallible(make())).await {
            Ok(answer) => Some(answer),
            Err(BreakerError::Inner(error)) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(store = self.breaker.name(), %error, "the far tier did not answer");
                None
            }
            Err(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}

/// Slots that the store could not be told of, and when each came in.
#[derive(Default)]
pub(super) struct Debts {
    slots: Mutex<HashMap<u16, u64>>,
    count: AtomicU64,
    pub(super) wake: Notify,
}

impl Debts {
    pub(super) fn add(&self, slots: &[u16]) {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        self.slots().extend(slots.iter().map(|slot| (*slot, number)));
        self.wake.notify_one();
    }

    pub(super) fn all(&self) -> Vec<(u16, u64)> {
        self.slots().iter().map(|(slot, number)| (*slot, *number)).collect()
    }

    /// Strikes what was told, unless it came in again meanwhile.
    pub(super) fn strike(&self, told: &[(u16, u64)]) {
        let mut slots = self.slots();
        for (slot, number) in told {
            if slots.get(slot) == Some(number) {
                slots.remove(slot);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots().len()
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<u16, u64>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FarTier {
    /// Begins a tier over a store.
    pub fn setup(store: impl Store) -> FarSetup {
        FarSetup::new(Arc::new(store))
    }

    pub(super) fn new(
        store: Arc<dyn Store>,
        hearing: Arc<Hearing>,
        guard: Guard,
        staleness: Duration,
    ) -> Self {
        let shared = Shared {
            store,
            hearing,
            guard,
            debts: Arc::default(),
            tasks: Mutex::default(),
            names: Mutex::default(),
            hasher: Hasher::stable("palisade-cache"),
            staleness,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Returns how old a value may be that a process serves from its memory, after it was invalidated
    /// in another.
    #[must_use]
    pub fn max_staleness(&self) -> Duration {
        self.shared.staleness
    }

    /// Returns the name of the store.
    #[must_use]
    pub fn store_name(&self) -> &'static str {
        self.shared.store.name()
    }

    /// Says whether this process knows now of every invalidation up to that bound.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.shared.hearing.is_sure()
    }

    /// Waits until the store is heard once more.
    pub async fn heard(&self) {
        let mut beats = self.shared.hearing.beats();
        // The tier holds the sender.
        let _ = beats.changed().await;
    }

    /// Returns what the tier did, and how it is.
    #[must_use]
    pub fn stats(&self) -> FarStats {
        FarStats::of(self)
    }

    pub(crate) fn hasher(&self) -> Hasher {
        self.shared.hasher
    }

    pub(crate) fn eras(&self) -> Arc<crate::eras::Eras> {
        Arc::clone(&self.shared.hearing.eras)
    }

    /// Returns the tick of now.
    pub(crate) fn tick(&self) -> u32 {
        self.shared.hearing.watch.count()
    }

    pub(crate) fn vouches_for(&self, born: u32) -> bool {
        self.shared.hearing.vouches_for(born)
    }

    pub(crate) fn token(&self) -> Option<Mark> {
        self.shared.hearing.token()
    }

    pub(crate) fn store_time(&self) -> Option<u64> {
        self.shared.hearing.store_time()
    }

    pub(crate) async fn read(&self, keys: &[String]) -> Option<Reading> {
        // What this process has ended and the store does not know of yet must not come back.
        if self.shared.debts.len() > 0 {
            return None;
        }
        self.shared.guard.call(|| self.shared.store.read(keys)).await
    }

    pub(crate) async fn walk(
        &self,
        prefix: &str,
        place: u64,
        most: usize,
    ) -> Result<Walk, StoreError> {
        let walked = self.shared.guard.call(|| self.shared.store.walk(prefix, place, most)).await;
        walked.ok_or(StoreError::new("the far tier does not answer, or cannot be walked through"))
    }

    pub(crate) async fn fill(&self, fills: &[Fill]) {
        if !fills.is_empty() && self.shared.debts.len() == 0 {
            let _ = self.shared.guard.call(|| self.shared.store.fill(fills)).await;
        }
    }

    /// Ends what stands in the slots, here at once. The store is told when the future is awaited, or in
    /// the background when it is dropped.
    pub(crate) fn end(
        &self,
        slots: &[u16],
        keys: Vec<String>,
    ) -> impl Future<Output = Reach> + Send + use<> {
        let ending = Ending { tier: self.clone(), slots: slots.to_vec(), is_told: false };
        ending.here();
        async move { if ending.tell(&keys).await.is_some() { Reach::All } else { Reach::Here } }
    }

    /// Ends what stands in the slots everywhere but here; the future returns the era.
    pub(crate) fn end_elsewhere(
        &self,
        slots: &[u16],
        keys: Vec<String>,
    ) -> impl Future<Output = Option<Mark>> + Send + use<> {
        let ending = Ending { tier: self.clone(), slots: slots.to_vec(), is_told: false };
        async move { ending.told(&keys).await }
    }

    /// Takes a name that no other cache of this process has.
    pub(crate) fn take_name(&self, name: &str) -> Result<(), ConfigError> {
        if self.names().insert(name.to_owned()) {
            Ok(())
        } else {
            Err(ConfigError::Taken { name: name.to_owned() })
        }
    }

    pub(crate) fn give_back(&self, name: &str) {
        self.names().remove(name);
    }

    fn names(&self) -> MutexGuard<'_, HashSet<String>> {
        self.shared.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An invalidation on its way to the store. Dropped before it came there, it is a debt.
struct Ending {
    tier: FarTier,
    slots: Vec<u16>,
    is_told: bool,
}

impl Ending {
    fn here(&self) {
        let eras = &self.tier.shared.hearing.eras;
        self.slots.iter().for_each(|slot| eras.end_tag(u64::from(*slot)));
    }

    async fn tell(self, keys: &[String]) -> Option<Mark> {
        let (tier, slots) = (self.tier.clone(), self.slots.clone());
        let told = self.told(keys).await;
        // What was read from the store meanwhile may be of before.
        Self { tier, slots, is_told: true }.here();
        told
    }

    async fn told(mut self, keys: &[String]) -> Option<Mark> {
        let shared = &self.tier.shared;
        let (origin, slots) = (&shared.hearing.origin, &self.slots);
        let told = shared.guard.call(|| shared.store.end(origin, slots, keys)).await;
        if let Some(mark) = told {
            self.is_told = true;
            shared.hearing.began(mark);
        }
        told
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.is_told {
            self.tier.shared.debts.add(&self.slots);
            self.here();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let tasks = self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for FarTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarTier")
            .field("store", &self.shared.store)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
