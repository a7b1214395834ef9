//! Retry: repeats a call that failed in passing, spread, bounded and within a budget.
//!
//! What decides is [`RetryPolicy::plan`] and [`Balance`], both pure; [`Retry`] waits and asks again,
//! [`RetryLayer`] does so for HTTP requests that may be sent twice.
//!
//! ```
//! use palisade_resilience::retry::{ErrorsAgain, Retry, RetryPolicy};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let retry = Retry::new(RetryPolicy::default());
//! let answer = retry
//!     .run(
//!         None,
//!         |attempt| async move { if attempt.number < 2 { Err("busy") } else { Ok(attempt.number) } },
//!         ErrorsAgain,
//!     )
//!     .await;
//! assert_eq!(answer, Ok(2));
//! # }
//! ```
//!
//! # Deployment caveat
//!
//! Tries multiply: three tries at each of three levels are 27 calls. Retry at one level, next to the
//! dependency, and let one [`Budget`] be shared by all who call it. Put a
//! [breaker](crate::breaker) inside the retry, so that each try is counted.
//!
//! # Cost
//!
//! A call that succeeds at once: one compare-and-swap for the budget, a clock read, one timer
//! where there is a deadline; nothing is allocated. [`RetryLayer`] copies the request's head (its header
//! map and extensions) and its body before each try that may be repeated.

mod balance;
mod budget;
mod future;
mod judge;
mod layer;
mod policy;
mod replay;
mod retry_after;
mod service;
mod setup;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_core::Clock;

use crate::count::count;
use crate::deadline::{Deadline, DeadlineError, DeadlineExceeded};
use crate::{Dice, RuntimeClock};

pub use balance::{Balance, BudgetPolicy};
pub use budget::Budget;
pub use future::ResponseFuture;
pub use judge::{ErrorsAgain, HttpJudge, Judge, Verdict};
pub use layer::RetryLayer;
pub use policy::{Jitter, Plan, RetryPolicy, Stop};
pub use replay::{CloneBody, Repeatable, Replay, is_repeatable};
pub use retry_after::{retry_after, retry_after_of};
pub use service::RetryService;
pub use setup::RetrySetup;

/// Repeats calls by a [`RetryPolicy`], within a [`Budget`]; a clone shares both.
///
/// See the [module docs](self) for an example and the cost.
#[derive(Clone)]
pub struct Retry {
    shared: Arc<Shared>,
}

struct Shared {
    policy: RetryPolicy,
    budget: Option<Budget>,
    dice: Dice,
}

/// One try of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// 1 for the first try.
    pub number: u8,
    /// When this try will be given up.
    pub deadline: Option<Deadline>,
}

impl Retry {
    /// Repeats by this policy, within a budget of its own ([`BudgetPolicy::default`]).
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        Self::setup(policy).finish()
    }

    /// Makes one with a shared budget or dice of its own.
    pub fn setup(policy: RetryPolicy) -> RetrySetup {
        RetrySetup::new(policy)
    }

    /// Makes the call, and makes it again as the policy, the budget and the deadline allow.
    ///
    /// `make` is called for each try and must be safe to repeat. Between tries it never sleeps to
    /// the deadline or past it.
    ///
    /// # Errors
    ///
    /// What the last try failed with; [`DeadlineError::Exceeded`] when it was cut off by the deadline
    /// or by its own limit.
    ///
    /// # Panics
    ///
    /// Needs a tokio runtime with its timers on; tokio panics where there is none.
    pub async fn run<T, E, F>(
        &self,
        deadline: Option<Deadline>,
        mut make: impl FnMut(Attempt) -> F,
        judge: impl Judge<T, E>,
    ) -> Result<T, DeadlineError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.pay_in();
        let mut number: u8 = 0;
        loop {
            let limit = self.try_deadline(deadline, RuntimeClock::new().now())?;
            number = number.saturating_add(1);
            let call = make(Attempt { number, deadline: limit });
            let result = match limit {
                Some(limit) => limit.run(call).await,
                None => Ok(call.await),
            };
            let verdict = result.as_ref().map_or(Verdict::Again, |result| judge.judge(result));
            match self.wait_after(number, verdict, deadline) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return result?.map_err(DeadlineError::Inner),
            }
        }
    }

    fn pay_in(&self) {
        if let Some(budget) = &self.shared.budget {
            budget.pay_in();
        }
    }

    /// Returns when a try that starts now is given up, or that it need not start.
    fn try_deadline(
        &self,
        whole: Option<Deadline>,
        now: Instant,
    ) -> Result<Option<Deadline>, DeadlineExceeded> {
        if whole.is_some_and(|whole| whole.has_passed(now)) {
            return Err(DeadlineExceeded::counted());
        }
        let own = self.shared.policy.one_try().map(|limit| Deadline::after(now, limit));
        Ok(own.into_iter().chain(whole).min())
    }

    /// Returns the wait before the next try, where there is one; its token is taken.
    fn wait_after(
        &self,
        done: u8,
        verdict: Verdict,
        deadline: Option<Deadline>,
    ) -> Option<Duration> {
        if verdict == Verdict::Done {
            return None;
        }
        let Shared { policy, budget, dice } = &*self.shared;
        let remaining = deadline.map(|whole| whole.remaining(RuntimeClock::new().now()));
        let stop = match policy.plan(done, verdict, remaining, dice.roll()) {
            Plan::Again(wait) if budget.as_ref().is_none_or(Budget::draw) => {
                count!("palisade_resilience_retries_total");
                return Some(wait);
            }
            Plan::Again(_) => Stop::Budget,
            Plan::Stop(stop) => stop,
        };
        Self::stopped(done, stop);
        None
    }

    /// Tells that a call which failed is not repeated.
    fn stopped(done: u8, stop: Stop) {
        tracing::debug!(tries = done, reason = stop.as_str(), "call is not repeated");
        count!("palisade_resilience_retry_stops_total", "reason" => stop.as_str());
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { policy, budget, .. } = &*self.shared;
        f.debug_struct("Retry")
            .field("policy", policy)
            .field("budget", budget)
            .finish_non_exhaustive()
    }
}
