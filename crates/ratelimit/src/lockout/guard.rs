//! What stands between a sign-in and a store that waits.

use std::fmt;
use std::time::Duration;

use palisade_core::Clock;
use palisade_resilience::RuntimeClock;
use palisade_resilience::breaker::{Breaker, BreakerError, BreakerPolicy};
use palisade_resilience::deadline::{Deadline, DeadlineError};

use super::answer::{Answer, Reserved};
use super::claim::{Claim, Kind};
use super::set::Key;
use super::store::{Lock, LockoutStore, MemoryLockouts};
use crate::ConfigError;
use crate::store::{OnStoreError, StoreError, StoreErrorKind, StoreFuture};

/// A store that others write to, with a deadline, a circuit breaker, and a decision about what holds
/// while it does not answer.
///
/// [`OnStoreError::Allow`] lets passwords be tried uncounted. [`OnStoreError::Local`] counts in this
/// process, on top of what the store has said so far. What was counted so is not told to the store
/// afterwards; it is kept here, for as long as failures are, and added to what the store says. So no
/// mix of answers in time, late, lost and local lets this process look at more passwords than the
/// ladder allows: a sign-in that a store has counted without an answer may count twice, none is left
/// out.
///
/// # Security
///
/// Instances do not hear of each other while their store is away: what the ladder allows, each of
/// them allows. A success and [`unlock`](super::Lockout::unlock) end what was counted here alone; an
/// unlock on another instance ends it with the lock that it has led to. How many failures in a row
/// lock for good is the store's to say, while it answers.
pub struct GuardedLockouts {
    store: Box<dyn LockoutStore>,
    on_error: OnStoreError,
    deadline: Duration,
    breaker: Breaker,
    copy: Option<MemoryLockouts>,
}

impl GuardedLockouts {
    /// How long a store may take unless set.
    pub const DEADLINE: Duration = Duration::from_millis(250);
    const MIN_DEADLINE: Duration = Duration::from_millis(1);
    const MAX_DEADLINE: Duration = Duration::from_secs(10);

    /// Says what holds while the store does not answer.
    pub fn new(store: impl LockoutStore, on_error: OnStoreError) -> Self {
        let breaker =
            Breaker::new("lockout store", BreakerPolicy::default().without_failure_ratio());
        let copy = (on_error == OnStoreError::Local).then(MemoryLockouts::new);
        Self { store: Box::new(store), on_error, deadline: Self::DEADLINE, breaker, copy }
    }

    /// Waits so long for each answer.
    ///
    /// # Errors
    ///
    /// Refuses times outside 1 ms to 10 s.
    pub fn deadline(mut self, limit: Duration) -> Result<Self, ConfigError> {
        let (least, most) = (Self::MIN_DEADLINE, Self::MAX_DEADLINE);
        self.deadline = ConfigError::time("deadline", limit, least, most)?;
        Ok(self)
    }

    /// Asks the store by this breaker.
    #[must_use]
    pub fn with_breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = breaker;
        self
    }

    /// Counts in this table while the store does not answer; only for [`OnStoreError::Local`].
    #[must_use]
    pub fn with_copy(mut self, copy: MemoryLockouts) -> Self {
        self.copy = (self.on_error == OnStoreError::Local).then_some(copy);
        self
    }

    async fn ask<'a, T>(&self, call: impl FnOnce() -> StoreFuture<'a, T>) -> Result<T, StoreError> {
        let deadline = Deadline::after(RuntimeClock::new().now(), self.deadline);
        // The deadline inside: a store that hangs must open the breaker.
        let asked = self.breaker.run(|| deadline.run_fallible(call())).await;
        asked.map_err(|error| match error {
            BreakerError::Inner(DeadlineError::Inner(error)) => error,
            BreakerError::Inner(_) => StoreError::new(StoreErrorKind::Timeout),
            BreakerError::Refused(refused) => {
                StoreError::caused_by(StoreErrorKind::Unreachable, refused)
            }
        })
    }
}

impl LockoutStore for GuardedLockouts {
    fn name(&self) -> &'static str {
        self.store.name()
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Answer> {
        Box::pin(async move {
            let Some(copy) = &self.copy else {
                return match (self.ask(|| self.store.begin(claim)).await, self.on_error) {
                    (Err(_), OnStoreError::Allow) => Ok(Answer::Reserved(Reserved::default())),
                    (answer, _) => answer,
                };
            };
            // The store would count a try during a lock that it does not know.
            if let Some(locked) = copy.locked_alone(claim) {
                return Ok(Answer::Locked(locked));
            }
            let asked = copy.now();
            Ok(match self.ask(|| self.store.begin(claim)).await {
                Ok(answer) => copy.learn(claim, answer, asked),
                Err(_) => copy.decide_alone(claim),
            })
        })
    }

    fn succeed<'a>(&'a self, claim: &'a Claim, reserved: &'a Reserved) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if let Some((copy, copied)) = self.copy.as_ref().zip(reserved.copy()) {
                copy.settle(claim, &copied);
            }
            self.ask(|| self.store.succeed(claim, reserved)).await
        })
    }

    fn unlock(&self, kind: Kind, key: Key) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let copied = self.copy.as_ref().is_some_and(|copy| copy.forget(kind, &key));
            Ok(self.ask(|| self.store.unlock(kind, key)).await? || copied)
        })
    }

    fn locks(&self, most: usize) -> StoreFuture<'_, Vec<Lock>> {
        Box::pin(self.ask(move || self.store.locks(most)))
    }
}

impl fmt::Debug for GuardedLockouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedLockouts")
            .field("store", &self.store)
            .field("on_error", &self.on_error)
            .field("deadline", &self.deadline)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}
