//! The calls about exams and grades.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use http::StatusCode;
use palisade_core::{FieldError, Pointer, Problem};
use palisade_input_validation::{Check, Page, PerPage, Valid};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

use crate::access::{self, Anybody, Staff};
use crate::exams::{Exam, Grades, NewExam, Points};
use crate::store::Store;

/// Which part of the list.
#[derive(Check)]
#[check(open)]
pub(super) struct Part {
    page: Page,
    per_page: PerPage<100, 20>,
}

/// One page, as the API writes it.
#[derive(JsonSchema, Serialize)]
pub(super) struct Listing {
    items: Vec<Exam>,
    page: u32,
    per_page: u64,
    total: u64,
}

pub(super) async fn list(
    Staff(_): Staff,
    State(store): State<Store>,
    part: Valid<Query<Part>>,
) -> Result<Json<Listing>, Problem> {
    let offset = i64::try_from(part.page.offset(part.per_page)).unwrap_or(i64::MAX);
    let per_page = part.per_page.limit();
    let (items, total) = store.exams(offset, u32::try_from(per_page).unwrap_or(u32::MAX)).await?;
    Ok(Json(Listing { items, page: part.page.number(), per_page, total }))
}

pub(super) async fn add(
    Staff(_): Staff,
    State(store): State<Store>,
    exam: Valid<Json<NewExam>>,
) -> Result<impl IntoResponse, Problem> {
    let exam = store.add_exam(&exam).await?;
    Ok((StatusCode::CREATED, exam.changes().beside(), Json(exam)))
}

/// Points by the code of a student.
pub(super) type Graded = BTreeMap<String, Number>;

/// The grades of an exam; to a student account only its own is there.
pub(super) async fn grades(
    Anybody(user): Anybody,
    State(store): State<Store>,
    exam: Result<Path<String>, PathRejection>,
) -> Result<Json<Graded>, Problem> {
    let exam = known(&store, exam).await?;
    let grades = store.grades(exam).await?;
    let seen = grades.into_iter().filter(|(code, _)| access::may_read(&user, code));
    let written = seen.filter_map(|(code, points)| Some((code, Points::number(points)?)));
    Ok(Json(written.collect()))
}

/// How many grades were set.
#[derive(JsonSchema, Serialize)]
pub(super) struct Set {
    grades: usize,
}

pub(super) async fn grade(
    Staff(_): Staff,
    State(store): State<Store>,
    exam: Result<Path<String>, PathRejection>,
    grades: Valid<Json<Grades>>,
) -> Result<impl IntoResponse, Problem> {
    let exam = known(&store, exam).await?;
    let grades = &grades.0;
    if let Some(before) = store.set_grades(exam, grades).await? {
        let changes = Points::changes(&before, grades).beside();
        return Ok((changes, Json(Set { grades: grades.len() })));
    }
    // Which one is not repeated: the name is the client's own.
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_student").error(FieldError::new(
        Pointer::root(),
        "unknown_student",
        "a code that no student has",
    )))
}

/// Returns the number of an exam that there is.
pub(super) async fn known(
    store: &Store,
    exam: Result<Path<String>, PathRejection>,
) -> Result<i64, Problem> {
    let id = exam.ok().and_then(|Path(text)| number(&text)).ok_or_else(unknown)?;
    if store.exam_exists(id).await? { Ok(id) } else { Err(unknown()) }
}

/// Reads the number of a row, as this program writes it.
pub(super) fn number(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_exam").detail("no exam has this number")
}
