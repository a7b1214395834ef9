//! A store that waits, guarded: a deadline, a circuit breaker, and what holds meanwhile.

use std::time::Duration;

use palisade_core::Clock;
use palisade_resilience::RuntimeClock;
use palisade_resilience::breaker::{Breaker, BreakerError, BreakerPolicy};
use palisade_resilience::deadline::{Deadline, DeadlineError};

use super::{
    Act, Ask, Asks, MemoryStore, OnStoreError, Reading, Readings, Store, StoreError,
    StoreErrorKind, StoreFuture, Verdict,
};
use crate::ConfigError;

/// Guards a [`Store`] that waits.
///
/// No decision takes longer than the deadline. When the store fails or hangs too often, the breaker
/// opens and nobody asks it any more, but for a probe now and then. Meanwhile each rule does what its
/// [`OnStoreError`] says. The local store is charged along with the other on every request, so that
/// it knows what was taken when it must decide alone.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::MemoryStore;
/// use palisade_ratelimit::store::Guarded;
///
/// # fn shared_store() -> MemoryStore { MemoryStore::with_bytes(4096).unwrap() }
/// let local = MemoryStore::with_bytes(1 << 20)?;
/// // Two instances: alone, each admits half.
/// let store = Guarded::new(shared_store(), local).replicas(2);
/// # let _ = store;
/// # Ok::<(), palisade_ratelimit::ConfigError>(())
/// ```
///
/// # Security
///
/// While the store is down, `Local` admits at most the quota's share in each instance, if the count of
/// instances is right; counts of other instances are unknown. A charge whose answer came too late may
/// have been made: it is not sent again.
///
/// # Cost
///
/// One box, one timer, two clock reads and one look-up in memory on top of the store's own cost.
#[derive(Debug)]
pub struct Guarded<S> {
    store: S,
    local: MemoryStore,
    breaker: Breaker,
    deadline: Duration,
    replicas: u32,
}

impl<S: Store> Guarded<S> {
    /// The longest that a decision waits unless told otherwise.
    pub const DEADLINE: Duration = Duration::from_millis(40);

    /// Guards a store: 40 ms, one replica, and a breaker that opens by its own defaults.
    #[must_use]
    pub fn new(store: S, local: MemoryStore) -> Self {
        let breaker = Breaker::new(store.name(), BreakerPolicy::default());
        Self { store, local, breaker, deadline: Self::DEADLINE, replicas: 1 }
    }

    /// Waits at most so long for a decision.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] outside 1 ms to 10 s.
    pub fn deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        let (least, most) = (Duration::from_millis(1), Duration::from_secs(10));
        self.deadline = ConfigError::time("the deadline of a decision", deadline, least, most)?;
        Ok(self)
    }

    /// Opens by this breaker.
    #[must_use]
    pub fn with_breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = breaker;
        self
    }

    /// Says how many instances there are: alone, each admits its part of a quota.
    #[must_use]
    pub const fn replicas(mut self, count: u32) -> Self {
        self.replicas = count;
        self
    }

    /// Returns the guarded store.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Returns the store that decides alone while the other does not answer.
    #[must_use]
    pub const fn local(&self) -> &MemoryStore {
        &self.local
    }

    /// Calls the store, unless the breaker is open: then nothing of it is touched.
    async fn call<'a, T>(
        &'a self,
        make: impl FnOnce() -> StoreFuture<'a, T> + Send,
    ) -> Result<T, StoreError> {
        let deadline = Deadline::after(RuntimeClock::new().now(), self.deadline);
        match self.breaker.run(|| deadline.run_fallible(make())).await {
            Ok(answer) => Ok(answer),
            Err(BreakerError::Inner(DeadlineError::Inner(error))) => Err(error),
            Err(BreakerError::Inner(_)) => Err(StoreError::new(StoreErrorKind::Timeout)),
            Err(_) => Err(StoreError::new(StoreErrorKind::Unreachable)),
        }
    }

    /// Returns the ask of this instance's part.
    const fn share(&self, ask: &Ask) -> Ask {
        ask.with_meter(ask.meter().divided(self.replicas))
    }

    /// Charges in memory what was charged elsewhere.
    fn warm(&self, asks: &[Ask], verdict: &Verdict) {
        let mut local = Asks::new();
        for (ask, reading) in asks.iter().zip(verdict.readings()) {
            if reading.is_admitted() {
                local.push(self.share(ask).advisory());
            }
        }
        let _ = self.local.decide_now(&local, Act::Charge);
    }

    /// Decides alone.
    fn alone(&self, asks: &[Ask], act: Act, error: StoreError) -> Result<Verdict, StoreError> {
        let denies = |ask: &Ask| ask.is_binding() && ask.on_store_error() == OnStoreError::Deny;
        if asks.iter().any(denies) {
            return Err(error);
        }
        let mut local = Asks::new();
        let is_local = |ask: &&Ask| ask.on_store_error() == OnStoreError::Local;
        for ask in asks.iter().filter(is_local) {
            local.push(self.share(ask));
        }
        let verdict = self.local.decide_now(&local, act).ok_or(error)?;
        let mut known = verdict.readings().iter();
        let mut readings = Readings::new();
        for ask in asks {
            let reading = if is_local(&ask) { known.next().copied() } else { None };
            readings.push(reading.unwrap_or_else(|| Reading::untouched(ask.meter())));
        }
        Ok(Verdict::new(verdict.is_admitted(), readings).alone())
    }
}

impl<S: Store> Store for Guarded<S> {
    fn name(&self) -> &'static str {
        self.store.name()
    }

    fn decide<'a>(&'a self, asks: &'a [Ask], act: Act) -> StoreFuture<'a, Verdict> {
        Box::pin(async move {
            match self.call(|| self.store.decide(asks, act)).await {
                Ok(verdict) => {
                    if verdict.is_admitted() && act == Act::Charge {
                        self.warm(asks, &verdict);
                    }
                    Ok(verdict)
                }
                Err(error) => {
                    crate::count::store_error(self.store.name(), error.kind().as_str());
                    self.alone(asks, act, error)
                }
            }
        })
    }

    fn refund<'a>(&'a self, asks: &'a [Ask]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut local = Asks::new();
            for ask in asks {
                local.push(self.share(ask));
            }
            self.local.refund_now(&local);
            self.call(|| self.store.refund(asks)).await
        })
    }
}
