//! The refusals that are not about one call: unknown paths, panics, haste.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_core::{FieldError, Pointer, Problem, Text};

use crate::accounts::{ChangeRefused, ResetRefused, SignInError};
use crate::resets::{self, RequireError};
use crate::store::StoreError;

/// No request takes longer, body included.
pub(crate) const REQUEST_DEADLINE: Duration = Duration::from_secs(30);

pub(crate) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found").detail("nothing is at this path")
}

pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
        .detail("`Allow` lists the methods of this path")
}

/// The program starts: whoever asks waits a moment.
pub(crate) fn starting() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "starting")
        .detail("the portal is starting")
        .retry_after(Duration::from_secs(1))
}

/// Answers for a handler that panicked; the panic hook has written its message to the log.
pub(crate) fn panicked(_payload: Box<dyn Any + Send>) -> Response {
    internal().into_response()
}

pub(crate) fn internal() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
        .detail("the portal made a mistake; it is in its log")
}

/// Ends a request that takes too long.
pub(crate) async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout")
            .detail("the request was not complete in time")
            .into_response(),
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Shared(error) => Self::from(&**error),
            StoreError::Duplicate => Self::new(StatusCode::CONFLICT, "duplicate"),
            StoreError::Busy | StoreError::TimedOut => {
                tracing::warn!(%error, "database did not answer in time");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded")
                    .detail("the database is busy")
                    .retry_after(Duration::from_secs(1))
            }
            StoreError::Unreachable(_) => {
                tracing::error!(%error, "database is away");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "database_down")
                    .detail("the database cannot be reached")
                    .retry_after(Duration::from_secs(5))
            }
            StoreError::Other(_) => {
                tracing::error!(%error, "database failed");
                internal()
            }
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Locked(refused) => refused.problem(),
            SignInError::Overloaded(overloaded) => overloaded.problem(),
            SignInError::Rejected => Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials")
                .detail("name or password is wrong"),
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeRefused> for Problem {
    fn from(refused: ChangeRefused) -> Self {
        let of =
            |field, code, detail: Text| FieldError::new(Pointer::root().field(field), code, detail);
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "password_refused")
            .detail("the password was not changed; correct what `errors` names");
        match refused {
            ChangeRefused::Ended => Self::new(StatusCode::UNAUTHORIZED, "authentication_required")
                .detail("sign in first"),
            ChangeRefused::Locked(refused) => refused.problem(),
            ChangeRefused::Overloaded(overloaded) => overloaded.problem(),
            ChangeRefused::Same => {
                let told = "choose another than the one you were given";
                problem.error(of("new_password", "password_same", told.into()))
            }
            ChangeRefused::Store(error) => error.into(),
            ChangeRefused::Wrong { current, new } => {
                let told = "is not your current password";
                let current =
                    current.then(|| of("current_password", "password_wrong", told.into()));
                let new = new.iter().map(|violation| {
                    let told = Text::from_program(violation.to_string());
                    of("new_password", violation.code(), told)
                });
                current.into_iter().chain(new).fold(problem, Self::error)
            }
        }
    }
}

impl From<ResetRefused> for Problem {
    fn from(refused: ResetRefused) -> Self {
        match refused {
            ResetRefused::Gone(gone) => gone.problem(),
            ResetRefused::Overloaded(overloaded) => overloaded.problem(),
            ResetRefused::Refused(refusal) => refusal.problem("new_password"),
            ResetRefused::Store(error) => error.into(),
        }
    }
}

impl From<RequireError> for Problem {
    fn from(error: RequireError) -> Self {
        match error {
            RequireError::Outbox(refused) => resets::unsent(refused),
            RequireError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn broken() {
        panic!("the secret is 4711");
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_does_not_tell_why() {
        let app = Router::new().route("/", get(broken)).layer(CatchPanicLayer::custom(panicked));
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("4711"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_ends_is_ended() {
        let app = Router::new()
            .route("/", get(std::future::pending::<()>))
            .layer(axum::middleware::from_fn(deadline));
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}
