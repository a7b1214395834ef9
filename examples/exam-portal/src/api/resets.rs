//! The calls about forgotten passwords; who makes them is not signed in.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use palisade_core::Problem;
use palisade_passwords::fields::Fields;
use serde::Serialize;

use crate::access::Admin;
use crate::accounts::UserId;
use crate::resets::{self, Resets};

/// The one answer to everybody who asks for a link.
#[derive(Serialize)]
pub(super) struct Asked {
    detail: &'static str,
}

pub(super) async fn request(
    State(resets): State<Resets>,
    fields: Fields,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    resets.request(fields.text("email")?).map_err(resets::unsent)?;
    let detail = "if an account has this address, a link is on its way to it";
    Ok((StatusCode::ACCEPTED, Json(Asked { detail })))
}

pub(super) async fn redeem(
    State(resets): State<Resets>,
    fields: Fields,
) -> Result<StatusCode, Problem> {
    resets.redeem(fields.text("token")?, fields.candidate("new_password")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn require(
    State(resets): State<Resets>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown_user").detail("no such account");
    let id = UserId(id.parse().map_err(|_| unknown())?);
    if !resets.require(id).await? {
        return Err(unknown());
    }
    tracing::info!(
        target: palisade_core::SecurityEvent::TARGET,
        event = palisade_core::SecurityEvent::AuthorizationAdmin.as_str(),
        user = %admin.id,
        target_user = %id,
        "an administrator had a password reset"
    );
    Ok(StatusCode::NO_CONTENT)
}
