//! The calls about the caller's own account.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use palisade_audit::layer::Addition;
use palisade_core::Problem;
use palisade_edge::ClientIp;
use palisade_input_validation::{Reason, Refusal, Rejected};
use schemars::JsonSchema;
use serde::Serialize;
use tower_sessions_core::Session;

use crate::access::{Anybody, SignedIn};
use crate::accounts::{Accounts, ChangeRequest, Client, Proof, Role, SignInError, User, UserId};
use crate::fields::Checked;
use crate::resets::Resets;
use crate::sessions;
use crate::trail;

/// A user as the API shows one.
#[derive(JsonSchema, Serialize)]
pub(super) struct Shown {
    id: UserId,
    username: String,
    role: Role,
}

/// Who has signed in.
#[derive(JsonSchema, Serialize)]
pub(super) struct Welcome {
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
    proof: Result<Checked<Proof>, Rejected>,
) -> Result<Response, Problem> {
    let proof = match proof {
        Ok(proof) => proof.into_inner(),
        Err(rejected) => return Ok(unread(rejected)),
    };
    let tried = trail::tried(&proof.username);
    let signed_in = match accounts.sign_in(proof, Client::of(client.address())).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            // The lock itself is in the trail, once.
            let locked = matches!(error, SignInError::Locked(_));
            let tried = if locked { Addition::omit() } else { tried };
            return Ok((Extension(tried), Problem::from(error)).into_response());
        }
    };
    sessions::begin(&session, signed_in.session).await?;
    let must_change_password = signed_in.user.must_change;
    let by = Extension(trail::by(&signed_in.user));
    Ok((by, Json(Welcome { user: signed_in.user.into(), must_change_password })).into_response())
}

/// Which field is wrong, and how, is told to nobody; that it is no such body at all is no secret.
fn unread(rejected: Rejected) -> Response {
    match rejected.refusal().reason() {
        Reason::Invalid | Reason::Malformed => Refusal::uniform().into_response(),
        _ => rejected.into_response(),
    }
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
    request: Checked<ChangeRequest>,
) -> Result<StatusCode, Problem> {
    let request = request.into_inner();
    let client = Client::of(client.address());
    let renewed = accounts.change_password(&who.user, who.standing, request, client).await?;
    resets.tell_of_change(&who.user);
    sessions::begin(&session, renewed).await?;
    Ok(StatusCode::NO_CONTENT)
}
