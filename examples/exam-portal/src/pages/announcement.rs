//! `/announcements/{slug}`: what is announced, and a form to write it.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_core::Problem;
use palisade_input_validation::{Rejected, SafeHtml, Valid, render_markdown};

use super::failure::Failure;
use super::frame::Frame;
use super::wrong;
use crate::access::{Anybody, Staff};
use crate::announcements::{self, Announcement};
use crate::refusal;
use crate::store::Store;
use crate::trail::Changes;

#[derive(Template)]
#[template(path = "announcement.html")]
struct OneAnnouncement {
    frame: Frame,
    slug: String,
    markdown: String,
    html: Option<SafeHtml>,
    wrong: Vec<String>,
}

type Slug = Result<Path<String>, PathRejection>;

/// Those who write are shown where; to others there is nothing where nothing was announced.
pub(super) async fn page(
    who: Result<Anybody, Problem>,
    State(store): State<Store>,
    slug: Slug,
) -> Result<Response, Failure> {
    let Anybody(user) = who?;
    let slug = known(slug).await?;
    let markdown = store.announcement(&slug).await?.map(|known| known.value);
    if markdown.is_none() && !user.role.is_staff() {
        return Err(refusal::not_found().await.into());
    }
    let html = markdown.as_deref().map(|markdown| render_markdown(markdown)).transpose();
    let html = html.map_err(|_| refusal::internal())?;
    let (frame, markdown) =
        (Frame::of(&user), markdown.map(|markdown| String::clone(&markdown)).unwrap_or_default());
    Ok(super::html(&OneAnnouncement { frame, slug, markdown, html, wrong: Vec::new() }))
}

pub(super) async fn submit(
    who: Result<Staff, Problem>,
    State(store): State<Store>,
    slug: Slug,
    announcement: Result<Valid<Form<Announcement>>, Rejected>,
) -> Result<Response, Failure> {
    let Staff(user) = who?;
    let slug = known(slug).await?;
    match announcement {
        Ok(announcement) => {
            let new = announcement.markdown.to_string();
            let old = store.announce(&slug, &new).await?;
            let changes = Changes::new().change("markdown", old, Some(new)).beside();
            // A name has no character that a path would have to escape.
            Ok((changes, super::to(&format!("/announcements/{slug}"))).into_response())
        }
        Err(rejected) => {
            let (frame, wrong) = (Frame::of(&user), wrong(&rejected));
            let page = OneAnnouncement { frame, slug, markdown: String::new(), html: None, wrong };
            let mut page = super::html(&page);
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
    }
}

/// What cannot be a name names nothing.
async fn known(slug: Slug) -> Result<String, Problem> {
    match slug {
        Ok(Path(slug)) if announcements::is_slug(&slug) => Ok(slug),
        Ok(_) | Err(_) => Err(refusal::not_found().await),
    }
}
