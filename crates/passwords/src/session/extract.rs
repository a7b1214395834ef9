//! Sessions as arguments of axum handlers.

use axum_core::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use palisade_core::Problem;

use crate::must_change;
use crate::session::standing::{Active, Pending, Standing};

impl<S, U> FromRequestParts<S> for Active<U>
where
    S: Sync,
    U: Clone + Send + Sync + 'static,
{
    /// 401 without a session, 403 for one that has to set a password first.
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Standing<U>>() {
            Some(Standing::Active(active)) => Ok(active.clone()),
            Some(Standing::Pending(_)) => Err(must_change::problem()),
            None => Err(unauthenticated()),
        }
    }
}

impl<S, U> FromRequestParts<S> for Pending<U>
where
    S: Sync,
    U: Clone + Send + Sync + 'static,
{
    /// 401 without a session, 403 for one that may act.
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Standing<U>>() {
            Some(Standing::Pending(pending)) => Ok(pending.clone()),
            Some(Standing::Active(_)) => {
                Err(Problem::new(StatusCode::FORBIDDEN, "current_password_required")
                    .detail("a password that need not be changed is changed with the current one"))
            }
            None => Err(unauthenticated()),
        }
    }
}

fn unauthenticated() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "authentication_required").detail("sign in first")
}
