//! `/login` and `/logout`.

use std::borrow::Cow;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use palisade_audit::layer::Addition;
use palisade_core::Problem;
use palisade_edge::ClientIp;
use palisade_passwords::fields::Fields;
use palisade_ratelimit::lockout::Refused;
use tower_sessions_core::Session;

use super::failure::Failure;
use super::frame::Frame;
use super::limited;
use crate::access::SignedIn;
use crate::accounts::{Accounts, Client, Proof, SignInError};
use crate::{fields, must_change, sessions, trail};

#[derive(Template)]
#[template(path = "login.html")]
struct SignIn {
    frame: Frame,
    wrong: Option<Cow<'static, str>>,
}

pub(super) async fn page(who: Result<SignedIn, Problem>) -> Response {
    match who {
        Ok(who) if !who.standing.is_pending() => super::to("/"),
        Ok(_) | Err(_) => super::html(&SignIn { frame: Frame::default(), wrong: None }),
    }
}

pub(super) async fn submit(
    State(accounts): State<Accounts>,
    Extension(session): Extension<Session>,
    client: ClientIp,
    form: Fields,
) -> Result<Response, Failure> {
    let proof = fields::checked::<Proof>(&form)?;
    let tried = Extension(trail::tried(&proof.username));
    match accounts.sign_in(proof, Client::of(client.address())).await {
        Err(SignInError::Locked(refused)) => {
            Ok((Extension(Addition::omit()), locked(&refused)).into_response())
        }
        Ok(signed_in) => {
            sessions::begin(&session, signed_in.session).await?;
            let to = if signed_in.user.must_change { must_change::FORM } else { "/" };
            Ok((Extension(trail::by(&signed_in.user)), super::to(to)).into_response())
        }
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(refused) => Ok((tried, again(&refused)).into_response()),
    }
}

/// The form once more: so many failed that nothing was looked at, and until when.
fn locked(refused: &Refused) -> Response {
    let problem = refused.problem().into_response();
    let wrong = Some(limited::sentence(&problem).into());
    let page = super::html(&SignIn { frame: Frame::default(), wrong });
    limited::instead_of(problem, page)
}

/// The form once more: whatever was wrong, it says the same and repeats no name.
fn again(refused: &SignInError) -> Response {
    let (status, wrong) = match refused {
        SignInError::Overloaded(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "Too many people sign in. Try again in a moment.")
        }
        _ => (StatusCode::UNAUTHORIZED, "Name or password is wrong."),
    };
    let wrong = Some(wrong.into());
    let mut page = super::html(&SignIn { frame: Frame::default(), wrong });
    *page.status_mut() = status;
    if let SignInError::Overloaded(overloaded) = refused {
        let seconds = overloaded.retry_after().as_secs().saturating_add(1);
        page.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    page
}

pub(super) async fn leave(Extension(session): Extension<Session>) -> Result<Response, Failure> {
    Ok(sessions::end(&session, super::to("/login")).await?)
}
