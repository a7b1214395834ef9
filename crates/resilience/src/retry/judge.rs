//! Which results are worth another try.

use std::time::Duration;

use http::{Response, StatusCode};
use palisade_core::Clock;

use super::retry_after_of;
use crate::RuntimeClock;

/// What a result means for repeating the call.
#[expect(clippy::exhaustive_enums, reason = "the result stands, or the call is repeated")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The result stands, good or bad.
    Done,
    /// Another try may go better.
    Again,
    /// Another try may go better after the wait that the server asked for.
    AgainAfter(Duration),
}

/// Says whether a result is worth another try; implemented by closures.
pub trait Judge<T, E> {
    /// Returns the verdict on one try.
    fn judge(&self, result: &Result<T, E>) -> Verdict;
}

impl<T, E, F> Judge<T, E> for F
where
    F: Fn(&Result<T, E>) -> Verdict,
{
    fn judge(&self, result: &Result<T, E>) -> Verdict {
        self(result)
    }
}

/// Every error is worth another try.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a choice without parts")]
pub struct ErrorsAgain;

impl<T, E> Judge<T, E> for ErrorsAgain {
    fn judge(&self, result: &Result<T, E>) -> Verdict {
        if result.is_ok() { Verdict::Done } else { Verdict::Again }
    }
}

/// The usual verdicts on HTTP: an error of the transport, 408, 429, 502, 503 and 504 are worth
/// another try, after the `Retry-After` that comes with them.
///
/// A 500 is not: the server tried and failed, and may have done half of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpJudge<C = RuntimeClock> {
    clock: C,
}

impl HttpJudge {
    /// Measures dates without a `Date` beside them by the system's wall clock.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_clock(RuntimeClock::new())
    }
}

impl<C: Clock> HttpJudge<C> {
    /// Measures them by the wall clock of this clock.
    #[must_use]
    pub const fn with_clock(clock: C) -> Self {
        Self { clock }
    }
}

impl<B, E, C: Clock> Judge<Response<B>, E> for HttpJudge<C> {
    fn judge(&self, result: &Result<Response<B>, E>) -> Verdict {
        match result {
            Ok(response) if is_passing(response.status()) => {
                retry_after_of(response.headers(), self.clock.wall())
                    .map_or(Verdict::Again, Verdict::AgainAfter)
            }
            Ok(_) => Verdict::Done,
            Err(_) => Verdict::Again,
        }
    }
}

const fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 502..=504)
}
