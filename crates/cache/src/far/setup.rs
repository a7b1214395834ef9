//! How a far tier is set up.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use palisade_core::{Clock, SystemClock};
use palisade_resilience::breaker::{Breaker, BreakerPolicy};
use tokio::runtime::Handle;

use super::hearing::{Ear, Hearing};
use super::store::Store;
use super::tier::Guard;
use super::{FarTier, SLOTS, chance, repair};
use crate::eras::Eras;
use crate::error::ConfigError;

/// Settings of a [`FarTier`].
///
/// | setting | default |
/// |---|---|
/// | [`max_staleness`](Self::max_staleness) | 2 s |
/// | [`deadline`](Self::deadline) | 50 ms |
/// | [`with_breaker`](Self::with_breaker) | the breaker's own defaults, open for 200 ms to 2 s |
#[must_use = "a tier is there when it is started"]
pub struct FarSetup {
    store: Arc<dyn Store>,
    staleness: Duration,
    deadline: Duration,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
}

impl FarSetup {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let policy = BreakerPolicy::default();
        // A probe costs a deadline at the most: what is back is to be used soon.
        let soon = policy.open_for(Duration::from_millis(200), Duration::from_secs(2));
        let breaker = Breaker::new(store.name(), soon.unwrap_or(policy));
        let (staleness, deadline) = (Duration::from_secs(2), Duration::from_millis(50));
        Self { store, staleness, deadline, breaker, clock: Arc::new(SystemClock::new()) }
    }

    /// Sets for how long a process may serve from its memory what was invalidated in another, when it
    /// does not hear of it. The store is asked four times in that time.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] below 100 ms and over an hour.
    pub fn max_staleness(mut self, bound: Duration) -> Result<Self, ConfigError> {
        let (least, most) = (Duration::from_millis(100), Duration::from_hours(1));
        self.staleness = ConfigError::time("max_staleness", bound, least, most)?;
        Ok(self)
    }

    /// Waits no longer than this for an answer of the store.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] below 1 ms and over 10 s.
    pub fn deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        let (least, most) = (Duration::from_millis(1), Duration::from_secs(10));
        self.deadline = ConfigError::time("the deadline of the far tier", deadline, least, most)?;
        Ok(self)
    }

    /// Opens by this breaker.
    pub fn with_breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = breaker;
        self
    }

    /// Goes by this clock, which tells how long ago the store was heard.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the tier: at once, whether the store answers or not.
    ///
    /// Its tasks run on the tokio runtime that this is called in. Called outside of one, the tier
    /// never hears of the store: it stores nothing there, and each process is on its own.
    #[must_use]
    pub fn start(self) -> FarTier {
        let Self { store, staleness, deadline, breaker, clock } = self;
        let slots = NonZeroUsize::MIN.saturating_add(usize::from(SLOTS).saturating_sub(1));
        let hearing =
            Arc::new(Hearing::new(Arc::new(Eras::new(slots)), clock, chance(), staleness));
        let (failures, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let guard = Guard { breaker, deadline, failures, refused };
        let tier = FarTier::new(store, hearing, guard, staleness);
        if let Ok(runtime) = Handle::try_current() {
            run(&tier, &runtime, staleness);
        } else {
            tracing::error!("a far tier needs a tokio runtime around its start");
        }
        tier
    }
}

fn run(tier: &FarTier, runtime: &Handle, staleness: Duration) {
    let shared = &tier.shared;
    let (store, ear) = (Arc::clone(&shared.store), Ear::new(&shared.hearing));
    let pace = staleness.checked_div(4).unwrap_or(staleness);
    let watch = runtime.spawn(repair::watch(store, pace, ear)).abort_handle();
    let (store, guard, debts) =
        (Arc::clone(&shared.store), shared.guard.clone(), Arc::clone(&shared.debts));
    let origin = shared.hearing.origin;
    let repair = runtime.spawn(repair::pay(store, guard, debts, origin)).abort_handle();
    shared.tasks.lock().unwrap_or_else(PoisonError::into_inner).extend([watch, repair]);
}

impl fmt::Debug for FarSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarSetup")
            .field("store", &self.store)
            .field("max_staleness", &self.staleness)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
