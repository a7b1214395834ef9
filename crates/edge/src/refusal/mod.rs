//! How refusals are answered.

mod future;

use bytes::Bytes;
use http::{Response, StatusCode};
use palisade_core::{PreparedProblem, Problem};

pub use future::ResponseFuture;

/// Answers a refused request.
///
/// Implemented by [`AsProblem`], which every layer starts with, and by every
/// `Fn(&Refusal) -> Response<B>`.
pub trait Rejection<R, B> {
    /// Makes the answer; its status is the closure's own choice.
    fn answer(&self, refusal: &R) -> Response<B>;

    /// Says whether that is [`Refusal::problem`] as it is: whatever a layer adds is in it already.
    fn is_problem(&self) -> bool {
        false
    }
}

impl<R, B, F: Fn(&R) -> Response<B>> Rejection<R, B> for F {
    fn answer(&self, refusal: &R) -> Response<B> {
        self(refusal)
    }
}

/// Answers with `application/problem+json` (RFC 9457) that repeats nothing of the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AsProblem;

impl<R: Refusal, B: From<Bytes>> Rejection<R, B> for AsProblem {
    fn answer(&self, refusal: &R) -> Response<B> {
        refusal.problem().into_answer()
    }

    fn is_problem(&self) -> bool {
        true
    }
}

/// What a layer refuses, as [`AsProblem`] tells it.
pub trait Refusal {
    /// Returns the status of the answer.
    fn status(&self) -> StatusCode;

    /// Returns the word by which programs know the refusal.
    fn code(&self) -> &'static str;

    /// Says what the client can do.
    fn detail(&self) -> &'static str;

    /// Returns the whole answer.
    fn problem(&self) -> PreparedProblem {
        Problem::new(self.status(), self.code()).detail(self.detail()).prepare()
    }
}
