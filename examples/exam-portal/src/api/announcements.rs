//! The calls about announcements.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use palisade_core::Problem;
use palisade_input_validation::{SafeHtml, Valid, render_markdown};
use schemars::JsonSchema;
use serde::Serialize;

use super::CacheStatus;
use crate::access::{Anybody, Staff};
use crate::announcements::{self, Announcement};
use crate::answers::Version;
use crate::refusal;
use crate::store::{Known, Store};
use crate::trail::Changes;

/// An announcement as it was written, and as it is shown.
#[derive(JsonSchema, Serialize)]
pub(super) struct Shown {
    markdown: String,
    #[schemars(with = "String")]
    html: SafeHtml,
}

type Slug = Result<Path<String>, PathRejection>;

pub(super) async fn read(
    Anybody(_): Anybody,
    State(store): State<Store>,
    slug: Slug,
    asked: HeaderMap,
) -> Result<(CacheStatus, Response), Problem> {
    let slug = known(slug)?;
    let Known { value, outcome } = store.announcement(&slug).await?.ok_or_else(unknown)?;
    let make = || shown(String::clone(&value)).map(Json);
    Ok((CacheStatus(outcome), Version::of(&value).answer(&asked, make)?))
}

pub(super) async fn write(
    Staff(_): Staff,
    State(store): State<Store>,
    slug: Slug,
    announcement: Valid<Json<Announcement>>,
) -> Result<impl IntoResponse, Problem> {
    let (slug, new) = (known(slug)?, announcement.markdown.to_string());
    let old = store.announce(&slug, &new).await?;
    let changes = Changes::new().change("markdown", old, Some(new.clone())).beside();
    Ok((changes, shown(new).map(Json)?))
}

/// Renders by the rules of today, whatever they were when it was written.
fn shown(markdown: String) -> Result<Shown, Problem> {
    let html = render_markdown(&markdown).map_err(|breach| {
        tracing::error!(code = %breach.code(), "an announcement cannot be shown");
        refusal::internal()
    })?;
    Ok(Shown { markdown, html })
}

/// What cannot be a name names nothing.
fn known(slug: Slug) -> Result<String, Problem> {
    match slug {
        Ok(Path(slug)) if announcements::is_slug(&slug) => Ok(slug),
        Ok(_) | Err(_) => Err(unknown()),
    }
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_announcement")
        .detail("no announcement has this name")
}
