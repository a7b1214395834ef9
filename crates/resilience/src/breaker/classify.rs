//! Which results speak against a dependency.

use http::Response;

use super::state::Outcome;

/// Says what a result means for the breaker; implemented by closures.
pub trait Classify<T, E> {
    /// Returns the outcome that is counted.
    fn classify(&self, result: &Result<T, E>) -> Outcome;
}

impl<T, E, F> Classify<T, E> for F
where
    F: Fn(&Result<T, E>) -> Outcome,
{
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        self(result)
    }
}

/// Every error is a failure, everything else a success.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a choice without parts")]
pub struct ErrorsFail;

impl<T, E> Classify<T, E> for ErrorsFail {
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        if result.is_ok() { Outcome::Success } else { Outcome::Failure }
    }
}

/// Every error and every HTTP 5xx is a failure, everything else a success: a 4xx is the caller's
/// mistake and shows a server that answers.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a choice without parts")]
pub struct ServerErrorsFail;

impl<B, E> Classify<Response<B>, E> for ServerErrorsFail {
    fn classify(&self, result: &Result<Response<B>, E>) -> Outcome {
        match result {
            Ok(response) if !response.status().is_server_error() => Outcome::Success,
            _ => Outcome::Failure,
        }
    }
}
