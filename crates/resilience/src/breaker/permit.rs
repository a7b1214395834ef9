//! Leave to make one call.

use std::fmt;
use std::time::{Duration, Instant};

use super::state::{Outcome, Ticket};
use super::{Breaker, Refused};

/// Leave to make one call, to be given back with what came of it.
///
/// Dropped without a word, because the caller was cancelled or panicked, it counts neither for nor
/// against the dependency and its half-open slot is free again. Only under
/// [`slow_after`](super::BreakerPolicy::slow_after) does a call that was dropped after that time
/// count as a failure.
#[must_use = "a permit that is dropped at once counts for nothing"]
pub struct Permit {
    breaker: Breaker,
    ticket: Option<Ticket>,
    started: Option<Instant>,
}

impl Permit {
    pub(super) const fn new(breaker: Breaker, ticket: Ticket, started: Option<Instant>) -> Self {
        Self { breaker, ticket: Some(ticket), started }
    }

    /// The dependency answered.
    pub fn success(self) {
        self.settle(Outcome::Success);
    }

    /// The dependency failed.
    pub fn failure(self) {
        self.settle(Outcome::Failure);
    }

    /// Gives back the permit with the outcome that a classifier found.
    pub fn settle(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    /// Gives back the permit unused and refuses its call all the same.
    pub(super) fn refuse(self) -> Refused {
        self.breaker.shared.refused(Duration::ZERO)
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(ticket) = self.ticket.take() {
            self.breaker.settle(ticket, outcome, self.started);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.end(Outcome::Abandoned);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("breaker", &self.breaker.name()).finish_non_exhaustive()
    }
}
