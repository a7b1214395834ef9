//! Deadline: one moment by which an answer is worth having, for a call and all calls inside it.
//!
//! A time-out starts anew at each level; a [`Deadline`] is a moment, so it travels: with the
//! request's extensions, as a plain value, into whatever is called. Nested deadlines can only
//! shorten each other.
//!
//! ```
//! use palisade_core::Clock;
//! use palisade_resilience::RuntimeClock;
//! use palisade_resilience::deadline::{Deadline, DeadlineError};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let now = RuntimeClock::new().now();
//! let request = Deadline::after(now, Duration::from_secs(2));
//! let redis = request.shortened(now, Duration::from_millis(5));
//! let hangs = std::future::pending::<Result<(), std::io::Error>>();
//! assert!(matches!(redis.run_fallible(hangs).await, Err(DeadlineError::Exceeded(_))));
//! # }
//! ```
//!
//! [`DeadlineLayer`] gives every call of a service its deadline and answers with an error;
//! [`HttpDeadlineLayer`] answers with a problem. Both count from `call`: waiting for a service to
//! become ready, and reading a response's body, are outside.
//!
//! # Panics
//!
//! What waits needs a tokio runtime with its timers on; tokio panics where there is none.
//!
//! # Cost
//!
//! One clock read per call of a layer, none for [`Deadline::run`], and one of tokio's timers, which is
//! part of the future. Nothing is allocated, but that a layer puts the deadline into extensions that
//! have none: a box for the value, and the map where they were empty.

mod error;
mod future;
mod http;
mod layer;

use std::future::{Future, IntoFuture};
use std::time::{Duration, Instant};

use ::http::{Extensions, Request};

pub use error::{DeadlineError, DeadlineExceeded};
pub use future::{HttpResponseFuture, ResponseFuture};
pub use http::{HttpDeadlineLayer, HttpDeadlineService};
pub use layer::{DeadlineLayer, DeadlineService};

/// The moment after which nobody waits for an answer any more.
///
/// It is a moment of the runtime's clock ([`RuntimeClock`](crate::RuntimeClock)); it means nothing
/// on another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline {
    at: Instant,
}

impl Deadline {
    /// The deadline at this moment.
    #[must_use]
    pub const fn at(moment: Instant) -> Self {
        Self { at: moment }
    }

    /// The deadline so long after `now`; times beyond 30 years are held at 30 years.
    #[must_use]
    pub fn after(now: Instant, wait: Duration) -> Self {
        let wait = wait.min(Self::FAR);
        Self { at: now.checked_add(wait).unwrap_or(now) }
    }

    /// Returns the moment.
    #[must_use]
    pub const fn moment(self) -> Instant {
        self.at
    }

    /// Returns the time that is left, zero once it has passed.
    #[must_use]
    pub fn remaining(self, now: Instant) -> Duration {
        self.at.saturating_duration_since(now)
    }

    /// Says whether it has passed.
    #[must_use]
    pub fn has_passed(self, now: Instant) -> bool {
        now >= self.at
    }

    /// Returns the nearer of the two.
    #[must_use]
    pub fn nearer(self, other: Self) -> Self {
        self.min(other)
    }

    /// Returns the deadline of a call inside this one that may take `limit` at most.
    #[must_use]
    pub fn shortened(self, now: Instant, limit: Duration) -> Self {
        self.nearer(Self::after(now, limit))
    }

    /// Waits for the future, no longer than this deadline.
    ///
    /// A result that is there at the deadline wins over it.
    ///
    /// # Errors
    ///
    /// [`DeadlineExceeded`]; the future is dropped. What it has asked for may still happen: a
    /// command that a server has received is not taken back.
    pub async fn run<F: IntoFuture>(self, future: F) -> Result<F::Output, DeadlineExceeded> {
        let timed = tokio::time::timeout_at(self.at.into(), future);
        timed.await.map_err(|_| DeadlineExceeded::counted())
    }

    /// Does the same for a future that can fail, with one error type for both.
    ///
    /// # Errors
    ///
    /// [`DeadlineError::Exceeded`] at the deadline, [`DeadlineError::Inner`] when the future failed.
    pub async fn run_fallible<T, E, F>(self, future: F) -> Result<T, DeadlineError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.run(future).await?.map_err(DeadlineError::Inner)
    }

    const FAR: Duration = Duration::from_hours(24 * 365 * 30);
}

/// What a deadline travels with; write it for the request type of a service that is not HTTP.
pub trait CarriesDeadline {
    /// Returns the deadline that came along.
    fn deadline(&self) -> Option<Deadline>;

    /// Sends this deadline along, in place of any other.
    fn set_deadline(&mut self, deadline: Deadline);
}

impl CarriesDeadline for Extensions {
    fn deadline(&self) -> Option<Deadline> {
        self.get().copied()
    }

    fn set_deadline(&mut self, deadline: Deadline) {
        // In place where there is one: an insertion boxes its value.
        match self.get_mut() {
            Some(own) => *own = deadline,
            None => drop(self.insert(deadline)),
        }
    }
}

impl<B> CarriesDeadline for Request<B> {
    fn deadline(&self) -> Option<Deadline> {
        self.extensions().deadline()
    }

    fn set_deadline(&mut self, deadline: Deadline) {
        self.extensions_mut().set_deadline(deadline);
    }
}

/// Gives the request the nearer of its own deadline and `limit` from now.
fn shorten(request: &mut impl CarriesDeadline, now: Instant, limit: Duration) -> Deadline {
    let own = Deadline::after(now, limit);
    let deadline = request.deadline().map_or(own, |outer| outer.nearer(own));
    request.set_deadline(deadline);
    deadline
}
