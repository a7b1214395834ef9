//! A breaker before it is shared.

use std::fmt;
use std::sync::Arc;

use palisade_core::Clock;

use super::cell::Cell;
use super::policy::BreakerPolicy;
use super::watch::{Counters, Transition};
use super::{Breaker, Shared};
use crate::{Dice, RuntimeClock};

pub(super) type Watcher = Box<dyn Fn(Transition) + Send + Sync>;

/// A breaker before it is shared: who tells it the time, who rolls its dice, who watches it.
#[must_use = "a set-up does nothing until it is finished"]
pub struct BreakerSetup {
    name: &'static str,
    policy: BreakerPolicy,
    clock: Box<dyn Clock>,
    dice: Dice,
    watcher: Option<Watcher>,
}

impl BreakerSetup {
    pub(super) fn new(name: &'static str, policy: BreakerPolicy) -> Self {
        let clock = Box::new(RuntimeClock::new());
        Self { name, policy, clock, dice: Dice::new(), watcher: None }
    }

    /// Takes the time from here instead of from the [`RuntimeClock`].
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Spreads the open time with these dice.
    pub const fn with_dice(mut self, dice: Dice) -> Self {
        self.dice = dice;
        self
    }

    /// Calls this after each change of phase, on the thread that caused it; it must not block.
    ///
    /// Two changes by two threads may be told in either order:
    /// [`generation`](Transition::generation) says which is newer.
    pub fn on_transition(mut self, watcher: impl Fn(Transition) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Box::new(watcher));
        self
    }

    /// Returns the breaker, closed.
    #[must_use]
    pub fn finish(self) -> Breaker {
        let Self { name, policy, clock, dice, watcher } = self;
        let (epoch, cell, counters) = (clock.now(), Cell::new(), Counters::new(name));
        Breaker {
            shared: Arc::new(Shared { name, policy, clock, dice, watcher, epoch, cell, counters }),
        }
    }
}

impl fmt::Debug for BreakerSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, policy, .. } = self;
        f.debug_struct("BreakerSetup")
            .field("name", name)
            .field("policy", policy)
            .finish_non_exhaustive()
    }
}
