//! The budget that many callers share.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use palisade_core::Clock;

use super::balance::{Balance, BudgetPolicy};
use crate::RuntimeClock;
use crate::atomic::{AtomicU64, Ordering};

/// How many repetitions are left for all who share it; a clone is the same budget.
///
/// It keeps an outage from being multiplied by the number of tries: whatever fails, a dependency
/// gets at most the granted part more than its callers ask for.
///
/// # Cost
///
/// One compare-and-swap per call and per repetition, a clock read per repetition; no allocation, no
/// lock, 8 bytes of state whatever happens.
#[derive(Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

struct Shared {
    policy: BudgetPolicy,
    clock: Box<dyn Clock>,
    epoch: Instant,
    bits: AtomicU64,
}

impl Budget {
    /// Makes a budget on the runtime's clock.
    #[must_use]
    pub fn new(policy: BudgetPolicy) -> Self {
        Self::with_clock(policy, RuntimeClock::new())
    }

    /// Makes a budget on this clock.
    #[must_use]
    pub fn with_clock(policy: BudgetPolicy, clock: impl Clock) -> Self {
        let epoch = clock.now();
        let bits = AtomicU64::new(Balance::new(&policy).to_bits());
        Self { shared: Arc::new(Shared { policy, clock: Box::new(clock), epoch, bits }) }
    }

    /// Pays in for a call that is made for the first time.
    pub fn pay_in(&self) {
        self.shared.change(|balance| (balance.paid_in(&self.shared.policy), ()));
    }

    /// Takes a token for a repetition; `false` means that it must not be made.
    #[must_use = "without a token a call must not be repeated"]
    pub fn draw(&self) -> bool {
        let Shared { policy, clock, epoch, .. } = &*self.shared;
        let now = clock.now().saturating_duration_since(*epoch);
        self.shared.change(|balance| balance.drawn(policy, now))
    }

    /// Returns the whole tokens, without those that the time since the last repetition would add.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        Balance::from_bits(self.shared.bits.load(Ordering::Acquire)).tokens()
    }
}

impl Shared {
    fn change<T>(&self, change: impl Fn(Balance) -> (Balance, T)) -> T {
        let mut bits = self.bits.load(Ordering::Acquire);
        loop {
            let (next, answer) = change(Balance::from_bits(bits));
            let next = next.to_bits();
            if next == bits {
                return answer;
            }
            match self.bits.compare_exchange_weak(bits, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return answer,
                Err(current) => bits = current,
            }
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("policy", &self.shared.policy)
            .field("tokens", &self.tokens())
            .finish_non_exhaustive()
    }
}
