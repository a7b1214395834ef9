//! Requests over a limit.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_core::{PreparedProblem, Problem};
use palisade_edge::refusal::Refusal;
use smallvec::SmallVec;
use thiserror::Error;

use crate::fields::{self, Lines, Prepared, Seconds};

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// As many as may are running.
    Concurrency,
    /// It costs more than a quota ever has at once: no wait helps.
    Cost,
    /// A quota is used up.
    Quota,
    /// The store does not answer, and the rule says [`Deny`](crate::store::OnStoreError::Deny).
    Store,
}

/// A request that is refused, and until when.
#[derive(Debug, Error)]
#[error("a rate limit refused the request")]
pub struct RateLimited {
    pub(super) reason: Reason,
    pub(super) violated: SmallVec<[Arc<Prepared>; 1]>,
    pub(super) wait: Option<Duration>,
    pub(crate) lines: Lines,
}

impl RateLimited {
    pub(super) fn store_down() -> Self {
        let (violated, lines) = (SmallVec::new(), Lines::default());
        Self { reason: Reason::Store, violated, wait: Some(Duration::from_secs(1)), lines }
    }

    /// Returns why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns how long to wait; `None` where no wait helps.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.wait
    }

    /// Puts into an answer what it does not have of its own.
    pub(crate) fn complete(self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after_field() {
            headers.entry(RETRY_AFTER).or_insert(seconds);
        }
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        self.lines.put_missing(headers);
    }

    /// Returns whole seconds, rounded up, never 0 (RFC 9110 10.2.3).
    fn retry_after_field(&self) -> Option<HeaderValue> {
        self.wait.map(|wait| fields::number(wait.seconds_up().max(1)))
    }

    /// Returns the names of the policies that are violated.
    pub fn policies(&self) -> impl Iterator<Item = &str> {
        self.violated.iter().map(|prepared| &**prepared.plain())
    }
}

impl Refusal for RateLimited {
    fn status(&self) -> StatusCode {
        match self.reason {
            Reason::Concurrency | Reason::Quota => StatusCode::TOO_MANY_REQUESTS,
            Reason::Cost => StatusCode::BAD_REQUEST,
            Reason::Store => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self.reason {
            Reason::Concurrency | Reason::Quota => "rate_limit_exceeded",
            Reason::Cost => "cost_above_limit",
            Reason::Store => "rate_limit_unavailable",
        }
    }

    fn detail(&self) -> &'static str {
        match self.reason {
            Reason::Concurrency => "as many requests as may are running",
            Reason::Quota => "wait as long as Retry-After says",
            Reason::Cost => "the request costs more than its quota ever has at once",
            Reason::Store => "try again in a moment",
        }
    }

    /// The whole answer: with `Retry-After` and the fields of the limits.
    fn problem(&self) -> PreparedProblem {
        let plain = || Problem::new(self.status(), self.code()).detail(self.detail());
        let mut problem = match (self.reason, self.violated.as_slice()) {
            (Reason::Cost, _) => plain().prepare(),
            (Reason::Store, _) => plain()
                .of_type(
                    "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
                    "Request cannot be satisfied due to temporary server capacity constraints",
                )
                .prepare(),
            (_, [one]) => one.problem.clone(),
            _ => fields::problem(self.policies()),
        };
        let headers = problem.headers_mut();
        match (self.retry_after_field(), headers.get_mut(RETRY_AFTER)) {
            (Some(seconds), Some(place)) => *place = seconds,
            (Some(seconds), None) => drop(headers.insert(RETRY_AFTER, seconds)),
            (None, _) => drop(headers.remove(RETRY_AFTER)),
        }
        self.lines.clone().set(headers);
        problem
    }
}
