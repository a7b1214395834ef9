//! What the outside sees of a breaker.

use super::state::{Outcome, Phase};
use crate::count::{Counted, count};

/// One change of a breaker's phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// The name that the breaker was given.
    pub breaker: &'static str,
    /// The phase before.
    pub from: Phase,
    /// The phase after.
    pub to: Phase,
    /// The number of the new phase; of two reports that arrive out of order, the higher is newer.
    pub generation: u16,
}

/// Writes the `tracing` event and, with the feature, counts.
pub(super) fn report(transition: Transition) {
    let Transition { breaker, from, to, generation } = transition;
    let (from, to) = (from.as_str(), to.as_str());
    if transition.to == Phase::Open {
        tracing::warn!(breaker, from, to, generation, "circuit breaker opened");
    } else {
        tracing::info!(breaker, from, to, generation, "circuit breaker moved");
    }
    count!("palisade_resilience_breaker_transitions_total", "breaker" => breaker, "to" => to);
}

/// The counters of one breaker.
pub(super) struct Counters {
    abandoned: Counted,
    failure: Counted,
    success: Counted,
    refused: Counted,
}

impl Counters {
    pub(super) fn new(breaker: &'static str) -> Self {
        let calls = |outcome: Outcome| {
            let labels = [("breaker", breaker), ("outcome", outcome.as_str())];
            Counted::new("palisade_resilience_breaker_calls_total", &labels)
        };
        let refused = "palisade_resilience_breaker_refused_total";
        Self {
            abandoned: calls(Outcome::Abandoned),
            failure: calls(Outcome::Failure),
            success: calls(Outcome::Success),
            refused: Counted::new(refused, &[("breaker", breaker)]),
        }
    }

    pub(super) fn end(&self, outcome: Outcome) {
        match outcome {
            Outcome::Abandoned => self.abandoned.add(),
            Outcome::Failure => self.failure.add(),
            Outcome::Success => self.success.add(),
        }
    }

    pub(super) fn refused(&self) {
        self.refused.add();
    }
}
