//! A [`State`] that many threads share: one atomic number and a compare-and-swap.

use std::time::Duration;

use super::policy::BreakerPolicy;
use super::state::{Decision, Event, State};
use crate::atomic::{AtomicU64, Ordering};

pub(super) struct Cell {
    bits: AtomicU64,
}

/// One event that took effect.
pub(super) struct Step {
    pub(super) before: State,
    pub(super) after: State,
    pub(super) decision: Decision,
}

impl Cell {
    pub(super) fn new() -> Self {
        Self { bits: AtomicU64::new(State::new().to_bits()) }
    }

    pub(super) fn state(&self) -> State {
        State::from_bits(self.bits.load(Ordering::Acquire))
    }

    /// Applies the event to whatever state is current when the swap succeeds.
    pub(super) fn step(
        &self,
        policy: &BreakerPolicy,
        event: Event,
        now: Duration,
        random: u64,
    ) -> Step {
        let mut bits = self.bits.load(Ordering::Acquire);
        loop {
            let before = State::from_bits(bits);
            let (after, decision) = before.step(policy, event, now, random);
            let next = after.to_bits();
            if next == bits {
                return Step { before, after, decision };
            }
            match self.bits.compare_exchange_weak(bits, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Step { before, after, decision },
                Err(current) => bits = current,
            }
        }
    }
}
