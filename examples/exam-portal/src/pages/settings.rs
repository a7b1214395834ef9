//! `/settings`: what the school sets for all.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_core::Problem;
use palisade_input_validation::{Rejected, Valid};

use super::failure::Failure;
use super::frame::Frame;
use super::wrong;
use crate::access::{Admin, Anybody};
use crate::accounts::Role;
use crate::settings::{Settings, Stored};
use crate::store::Store;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    admin: bool,
    settings: Arc<Stored>,
    wrong: Vec<String>,
}

pub(super) async fn page(
    who: Result<Anybody, Problem>,
    State(store): State<Store>,
) -> Result<Response, Failure> {
    let Anybody(user) = who?;
    let (frame, admin) = (Frame::of(&user), user.role == Role::Admin);
    let settings = store.settings().await?.value;
    Ok(super::html(&SettingsPage { frame, admin, settings, wrong: Vec::new() }))
}

pub(super) async fn submit(
    who: Result<Admin, Problem>,
    State(store): State<Store>,
    settings: Result<Valid<Form<Settings>>, Rejected>,
) -> Result<Response, Failure> {
    let Admin(user) = who?;
    match settings {
        Ok(settings) => {
            let before = store.set_settings(&settings).await?;
            let changes = before.changes(&Stored::from(&*settings)).beside();
            Ok((changes, super::to("/settings")).into_response())
        }
        Err(rejected) => {
            let (frame, wrong) = (Frame::of(&user), wrong(&rejected));
            let settings = store.settings().await?.value;
            let mut page = super::html(&SettingsPage { frame, admin: true, settings, wrong });
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
    }
}
