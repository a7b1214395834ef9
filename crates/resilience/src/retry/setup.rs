//! A retry before it is shared.

use std::sync::Arc;

use super::{Budget, BudgetPolicy, Retry, RetryPolicy, Shared};
use crate::Dice;

/// A retry before it is shared: which budget it draws on, who rolls its dice.
#[must_use = "a set-up does nothing until it is finished"]
#[derive(Debug)]
pub struct RetrySetup {
    policy: RetryPolicy,
    budget: Option<Budget>,
    dice: Dice,
}

impl RetrySetup {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        let budget = Budget::new(BudgetPolicy::default());
        Self { policy, budget: Some(budget), dice: Dice::new() }
    }

    /// Draws on this budget, which others may share.
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Repeats without a budget.
    ///
    /// # Security
    ///
    /// When the dependency fails, each call becomes as many as the policy has tries, and the load
    /// that broke it multiplies. Something else must bound the repetitions: a breaker inside, or a
    /// queue that makes one call at a time.
    pub fn insecure_without_budget(mut self) -> Self {
        self.budget = None;
        self
    }

    /// Spreads the waits with these dice.
    pub const fn with_dice(mut self, dice: Dice) -> Self {
        self.dice = dice;
        self
    }

    /// Returns the retry.
    #[must_use]
    pub fn finish(self) -> Retry {
        let Self { policy, budget, dice } = self;
        Retry { shared: Arc::new(Shared { policy, budget, dice }) }
    }
}
