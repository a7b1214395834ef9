//! The calls about the caller's own account.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use palisade_core::Problem;
use palisade_edge::ClientIp;
use palisade_passwords::fields::Fields;
use serde::Serialize;
use tower_sessions_core::Session;

use crate::access::{Anybody, SignedIn};
use crate::accounts::{Accounts, ChangeRequest, Client, Proof, Role, User, UserId};
use crate::resets::Resets;
use crate::sessions;

/// A user as the API shows one.
#[derive(Serialize)]
pub(super) struct Shown {
    id: UserId,
    username: String,
    role: Role,
}

#[derive(Serialize)]
struct Welcome {
    user: Shown,
    must_change_password: bool,
}

impl From<User> for Shown {
    fn from(user: User) -> Self {
        Self { id: user.id, username: user.name, role: user.role }
    }
}

pub(super) async fn login(
    State(accounts): State<Accounts>,
    Extension(session): Extension<Session>,
    client: ClientIp,
    fields: Fields,
) -> Result<Response, Problem> {
    let proof = Proof::of(&fields)?;
    let signed_in = accounts.sign_in(proof, Client::of(client.address())).await?;
    sessions::begin(&session, signed_in.session).await?;
    let must_change_password = signed_in.user.must_change;
    Ok(Json(Welcome { user: signed_in.user.into(), must_change_password }).into_response())
}

pub(super) async fn logout(Extension(session): Extension<Session>) -> Result<Response, Problem> {
    sessions::end(&session, StatusCode::NO_CONTENT.into_response()).await
}

pub(super) async fn me(Anybody(user): Anybody) -> Json<Shown> {
    Json(user.into())
}

pub(super) async fn change_password(
    State(accounts): State<Accounts>,
    State(resets): State<Resets>,
    Extension(session): Extension<Session>,
    client: ClientIp,
    who: SignedIn,
    fields: Fields,
) -> Result<StatusCode, Problem> {
    let request = ChangeRequest::of(&fields)?;
    let client = Client::of(client.address());
    let renewed = accounts.change_password(&who.user, who.standing, request, client).await?;
    resets.tell_of_change(&who.user);
    sessions::begin(&session, renewed).await?;
    Ok(StatusCode::NO_CONTENT)
}
