//! Who may use a call: arguments of handlers that only the right role can give.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use palisade_core::{Problem, SecurityEvent};
use palisade_passwords::session::{Active, Standing};

use crate::accounts::{Role, User, UserId};

/// Anybody who is signed in and whose password is their own.
#[derive(Clone, Debug)]
pub(crate) struct Anybody(pub(crate) User);

/// Anybody who is signed in, also who has to set a password first.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) standing: Standing<UserId>,
}

/// An administrator.
#[derive(Clone, Debug)]
pub(crate) struct Admin(pub(crate) User);

/// A teacher or an administrator.
#[derive(Clone, Debug)]
pub(crate) struct Staff(pub(crate) User);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    /// 401 without a session.
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let user = parts.extensions.get::<User>();
        match (user, parts.extensions.get::<Standing<UserId>>()) {
            (Some(user), Some(standing)) => {
                Ok(Self { user: user.clone(), standing: standing.clone() })
            }
            _ => Err(Problem::new(StatusCode::UNAUTHORIZED, "authentication_required")
                .detail("sign in first")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Anybody {
    /// 401 without a session, 403 for one that has to set a password first.
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let active = Active::<UserId>::from_request_parts(parts, state).await?;
        match parts.extensions.get::<User>() {
            Some(user) if user.id == *active.user() => Ok(Self(user.clone())),
            // The session layer puts both there or neither.
            _ => Err(crate::refusal::internal()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    /// As [`Anybody`], and 403 for other roles.
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Anybody(user) = Anybody::from_request_parts(parts, state).await?;
        if user.role == Role::Admin { Ok(Self(user)) } else { Err(forbidden(&user)) }
    }
}

impl<S: Sync> FromRequestParts<S> for Staff {
    /// As [`Anybody`], and 403 for other roles.
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Anybody(user) = Anybody::from_request_parts(parts, state).await?;
        if user.role.is_staff() { Ok(Self(user)) } else { Err(forbidden(&user)) }
    }
}

/// Returns whether a user may read the records of a student.
pub(crate) fn may_read(user: &User, code: &str) -> bool {
    match user.role {
        Role::Admin | Role::Teacher => true,
        Role::Student => user.student.as_deref() == Some(code),
    }
}

/// The refusal of a call that is not for this role.
fn forbidden(user: &User) -> Problem {
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::AuthorizationFail.as_str(),
        user = %user.id,
        role = user.role.name(),
        "a call that is not for this role"
    );
    Problem::new(StatusCode::FORBIDDEN, "forbidden").detail("this is not for your role")
}
