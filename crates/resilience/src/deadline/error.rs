//! What is left when the time is over.

use http::StatusCode;
use palisade_core::Problem;

use crate::count::count;

/// The deadline passed before there was a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("deadline exceeded")]
pub struct DeadlineExceeded {
    _private: (),
}

impl DeadlineExceeded {
    pub(crate) fn counted() -> Self {
        count!("palisade_resilience_deadline_exceeded_total");
        Self { _private: () }
    }

    /// Returns the answer for a client whose request needed a server that did not answer in time:
    /// 504 `upstream_timeout`.
    pub fn problem(&self) -> Problem {
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout")
            .detail("a service this answer needs did not answer in time")
    }
}

/// Why a call with a deadline has no result.
#[expect(clippy::exhaustive_enums, reason = "a call is too late, or fails")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadlineError<E> {
    /// The deadline passed.
    #[error(transparent)]
    Exceeded(#[from] DeadlineExceeded),
    /// The call failed in time.
    #[error("the call failed")]
    Inner(#[source] E),
}
