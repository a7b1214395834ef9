//! The answers of a breaker that is open.

use std::time::Duration;

use http::StatusCode;
use palisade_core::Problem;

/// A call that was not made, because its dependency failed too often a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("circuit breaker {breaker} is open")]
pub struct Refused {
    breaker: &'static str,
    wait: Duration,
}

impl Refused {
    pub(super) const fn new(breaker: &'static str, wait: Duration) -> Self {
        Self { breaker, wait }
    }

    /// Returns the name that the breaker was given.
    #[must_use]
    pub const fn breaker(&self) -> &'static str {
        self.breaker
    }

    /// Returns when asking again makes sense.
    #[must_use]
    pub const fn wait(&self) -> Duration {
        self.wait
    }

    /// Returns the answer for a client that has no other: 503 `dependency_unavailable` with
    /// `Retry-After`. The breaker's name stays inside.
    pub fn problem(&self) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "dependency_unavailable")
            .detail("a service this answer needs is not available; try again later")
            .retry_after(self.wait)
    }
}

/// Why a guarded call has no result.
#[expect(clippy::exhaustive_enums, reason = "a call is refused, or made and fails")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreakerError<E> {
    /// The breaker is open: the call was not made.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The call was made and failed.
    #[error("the guarded call failed")]
    Inner(#[source] E),
}
