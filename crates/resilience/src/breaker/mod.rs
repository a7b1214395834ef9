//! Circuit breaker: stops asking a dependency that does not answer.
//!
//! Calls pass while the breaker is closed. When too many fail it opens and refuses at once, so that
//! callers lose microseconds instead of time-outs and the dependency can recover. After its time it
//! lets a few probes through; their success closes it, their failure opens it for twice as long.
//!
//! The state machine is [`State::step`], pure; [`Breaker`] shares it between threads, and
//! [`BreakerLayer`] puts it around a tower service.
//!
//! ```
//! use palisade_resilience::breaker::{Breaker, BreakerError, BreakerPolicy, Phase};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade_resilience::ConfigError> {
//! let breaker = Breaker::new("redis", BreakerPolicy::default().failures_in_a_row(2)?);
//! for _ in 0..2 {
//!     let result = breaker.run(|| async { Err::<(), _>("connection refused") }).await;
//!     assert_eq!(result, Err(BreakerError::Inner("connection refused")));
//! }
//! assert_eq!(breaker.phase(), Phase::Open);
//! let result = breaker.run(|| async { Ok::<_, &str>("not called") }).await;
//! assert!(matches!(result, Err(BreakerError::Refused(_))));
//! # Ok(())
//! # }
//! ```
//!
//! # Deployment caveat
//!
//! A caller that goes away says nothing about the dependency. Put the deadline of a call *inside*
//! the breaker: a deadline around it only drops the call, and a dependency that hangs would never
//! open it. [`BreakerPolicy::slow_after`] counts such calls too.
//!
//! # Cost
//!
//! Closed: no allocation, no lock, no clock read on arrival and success (a failure reads it once;
//! [`slow_after`](BreakerPolicy::slow_after) twice per call); one atomic load on arrival, one
//! compare-and-swap at the end, one reference count up and down. Open: one clock read, one load, no
//! allocation. The feature `metrics` adds one look-up in the recorder per call; labels are made once.

mod bits;
mod cell;
mod classify;
mod error;
mod future;
mod layer;
mod permit;
mod policy;
mod service;
mod setup;
mod state;
mod watch;
mod window;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_core::Clock;

use cell::{Cell, Step};
use setup::Watcher;
use watch::Counters;

use crate::Dice;

pub use classify::{Classify, ErrorsFail, ServerErrorsFail};
pub use error::{BreakerError, Refused};
pub use future::ResponseFuture;
pub use layer::BreakerLayer;
pub use permit::Permit;
pub use policy::BreakerPolicy;
pub use service::BreakerService;
pub use setup::BreakerSetup;
pub use state::{Decision, Event, Outcome, Phase, State, Ticket};
pub use watch::Transition;

/// A circuit breaker that many tasks share; a clone is the same breaker.
///
/// See the [module docs](self) for an example and the cost.
#[derive(Clone)]
pub struct Breaker {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    policy: BreakerPolicy,
    clock: Box<dyn Clock>,
    dice: Dice,
    watcher: Option<Watcher>,
    epoch: Instant,
    cell: Cell,
    counters: Counters,
}

impl Breaker {
    /// Makes a breaker for the dependency of that name, on the runtime's clock.
    #[must_use]
    pub fn new(name: &'static str, policy: BreakerPolicy) -> Self {
        Self::setup(name, policy).finish()
    }

    /// Makes one with a clock, dice or a watcher of its own.
    pub fn setup(name: &'static str, policy: BreakerPolicy) -> BreakerSetup {
        BreakerSetup::new(name, policy)
    }

    /// Returns the name of the dependency.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.shared.name
    }

    /// Returns the phase as the last event left it: an open breaker whose time is over says
    /// [`Phase::Open`] until a call arrives.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.shared.cell.state().phase()
    }

    /// Asks to make one call.
    ///
    /// # Errors
    ///
    /// [`Refused`] while the breaker is open or all its probes are out.
    pub fn acquire(&self) -> Result<Permit, Refused> {
        let shared = &self.shared;
        let state = shared.cell.state();
        let decision = if state.phase() == Phase::Closed {
            // Admission by a closed breaker changes nothing, so there is nothing to swap.
            state.step(&shared.policy, Event::Arrival, Duration::ZERO, 0).1
        } else {
            shared.step(Event::Arrival)
        };
        match decision {
            Decision::Admit(ticket) => {
                let started = shared.policy.slow_after.map(|_| shared.clock.now());
                Ok(Permit::new(self.clone(), ticket, started))
            }
            Decision::Refuse(wait) => Err(shared.refused(wait)),
            Decision::Counted | Decision::Ignored => Err(shared.refused(Duration::ZERO)),
        }
    }

    /// Makes the call that `make` returns, unless the breaker is open; every error is a failure.
    ///
    /// # Errors
    ///
    /// [`BreakerError::Refused`] when the call was not made, [`BreakerError::Inner`] when it failed.
    pub async fn run<T, E, F>(&self, make: impl FnOnce() -> F) -> Result<T, BreakerError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.run_classified(make, ErrorsFail).await
    }

    /// Does the same where the classifier says what is a failure: a row that is missing is an error
    /// to the caller and a success of the database.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn run_classified<T, E, F>(
        &self,
        make: impl FnOnce() -> F,
        classify: impl Classify<T, E>,
    ) -> Result<T, BreakerError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let permit = self.acquire()?;
        let result = make().await;
        permit.settle(classify.classify(&result));
        result.map_err(BreakerError::Inner)
    }

    /// Says whether a call would be refused now, and for how long, without letting one in.
    #[must_use]
    pub fn would_refuse(&self) -> Option<Duration> {
        let shared = &self.shared;
        let state = shared.cell.state();
        match state.phase() {
            Phase::Closed => None,
            Phase::Open | Phase::HalfOpen => state.refuses(&shared.policy, shared.elapsed()),
        }
    }

    fn settle(&self, ticket: Ticket, outcome: Outcome, started: Option<Instant>) {
        let shared = &self.shared;
        let outcome = if shared.is_slow(started) { Outcome::Failure } else { outcome };
        shared.step(Event::End(ticket, outcome));
        shared.counters.end(outcome);
    }
}

impl Shared {
    fn step(&self, event: Event) -> Decision {
        let (now, random) = match event {
            Event::End(_, Outcome::Success | Outcome::Abandoned) => (Duration::ZERO, 0),
            Event::Arrival | Event::End(_, Outcome::Failure) => (self.elapsed(), self.dice.roll()),
        };
        let Step { before, after, decision } = self.cell.step(&self.policy, event, now, random);
        if before.phase() != after.phase() {
            let (from, to, generation) = (before.phase(), after.phase(), after.generation());
            let transition = Transition { breaker: self.name, from, to, generation };
            watch::report(transition);
            if let Some(watcher) = &self.watcher {
                watcher(transition);
            }
        }
        decision
    }

    fn elapsed(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.epoch)
    }

    fn is_slow(&self, started: Option<Instant>) -> bool {
        started.zip(self.policy.slow_after).is_some_and(|(started, limit)| {
            self.clock.now().saturating_duration_since(started) >= limit
        })
    }

    fn refused(&self, wait: Duration) -> Refused {
        self.counters.refused();
        Refused::new(self.name, wait)
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { name, policy, cell, .. } = &*self.shared;
        f.debug_struct("Breaker")
            .field("name", name)
            .field("policy", policy)
            .field("state", &cell.state())
            .finish_non_exhaustive()
    }
}
