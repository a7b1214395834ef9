//! `/exams`: the list, and a form for a new one.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_core::Problem;
use palisade_input_validation::{Check, Page, PerPage, Rejected, Valid};

use super::failure::Failure;
use super::frame::Frame;
use super::wrong;
use crate::access::Staff;
use crate::accounts::User;
use crate::exams::{Exam, NewExam};
use crate::store::Store;

#[derive(Template)]
#[template(path = "exams.html")]
struct Exams {
    frame: Frame,
    items: Vec<Exam>,
    total: u64,
    page: u32,
    next: Option<String>,
    wrong: Vec<String>,
}

/// Which part of the list.
#[derive(Check, Default)]
#[check(open)]
pub(super) struct Part {
    page: Page,
}

pub(super) async fn page(
    who: Result<Staff, Problem>,
    State(store): State<Store>,
    part: Result<Valid<Query<Part>>, Rejected>,
) -> Result<Response, Failure> {
    let Staff(user) = who?;
    // What is no page is the first.
    let page = part.map(|part| part.page).unwrap_or_default();
    list(&user, &store, page, Vec::new()).await
}

/// Adds an exam, or shows the list again with what is wrong.
pub(super) async fn add(
    who: Result<Staff, Problem>,
    State(store): State<Store>,
    exam: Result<Valid<Form<NewExam>>, Rejected>,
) -> Result<Response, Failure> {
    let Staff(user) = who?;
    match exam {
        Ok(exam) => {
            let exam = store.add_exam(&exam).await?;
            Ok((exam.changes().beside(), super::to("/exams")).into_response())
        }
        Err(rejected) => {
            let mut page = list(&user, &store, Page::default(), wrong(&rejected)).await?;
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
    }
}

async fn list(
    user: &User,
    store: &Store,
    page: Page,
    wrong: Vec<String>,
) -> Result<Response, Failure> {
    let size = PerPage::<100, 20>::default();
    let offset = page.offset(size);
    let most = u32::try_from(size.limit()).unwrap_or(u32::MAX);
    let (items, total) = store.exams(i64::try_from(offset).unwrap_or(i64::MAX), most).await?;
    let more = offset.saturating_add(size.limit()) < total;
    let next = more.then(|| format!("/exams?page={}", page.number().saturating_add(1)));
    let frame = Frame::of(user);
    Ok(super::html(&Exams { frame, items, total, page: page.number(), next, wrong }))
}
