//! The calls about students.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::LOCATION;
use palisade_core::{FieldError, Pointer, Problem};
use palisade_input_validation::Valid;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::{self, Anybody, Staff};
use crate::store::{Store, StoreError};
use crate::students::{self, ListQuery, NewStudent, Student, StudentChange};

/// One page, as the API writes it.
#[derive(JsonSchema, Serialize)]
pub(super) struct Listing {
    items: Vec<Student>,
    page: u32,
    per_page: u32,
    total: u64,
}

type Code = Result<Path<String>, PathRejection>;

pub(super) async fn list(
    Staff(_): Staff,
    State(store): State<Store>,
    query: Valid<Query<ListQuery>>,
) -> Result<Json<Listing>, Problem> {
    let found = store.list_students(&query).await?;
    Ok(Json(Listing {
        items: found.items,
        page: query.page(),
        per_page: query.per_page(),
        total: found.total,
    }))
}

pub(super) async fn add(
    Staff(_): Staff,
    State(store): State<Store>,
    new: Valid<Json<NewStudent>>,
) -> Result<impl IntoResponse, Problem> {
    let student = store.add_student(&new).await.map_err(taken)?;
    // A code has no character that a path would have to escape.
    let location = format!("/api/v1/students/{}", student.code);
    let added = Student::changes(None, &student).target("student", student.code.clone());
    Ok((StatusCode::CREATED, [(LOCATION, location)], added.beside(), Json(student)))
}

/// To a student account only its own student is there.
pub(super) async fn read(
    Anybody(user): Anybody,
    State(store): State<Store>,
    code: Code,
) -> Result<Json<Student>, Problem> {
    let code = known(code)?;
    if !access::may_read(&user, &code) {
        return Err(unknown());
    }
    store.student(&code).await?.map(Json).ok_or_else(unknown)
}

pub(super) async fn change(
    Staff(_): Staff,
    State(store): State<Store>,
    code: Code,
    change: Valid<Json<StudentChange>>,
) -> Result<impl IntoResponse, Problem> {
    let code = known(code)?;
    let changed = store.change_student(&code, &change).await.map_err(taken)?;
    let (before, after) = changed.ok_or_else(unknown)?;
    Ok((Student::changes(Some(&before), &after).beside(), Json(after)))
}

pub(super) async fn remove(
    Staff(_): Staff,
    State(store): State<Store>,
    code: Code,
) -> Result<StatusCode, Problem> {
    let code = known(code)?;
    if store.remove_student(&code).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

/// What cannot be a code names nobody.
fn known(code: Code) -> Result<String, Problem> {
    match code {
        Ok(Path(code)) if students::is_code(&code) => Ok(code),
        Ok(_) | Err(_) => Err(unknown()),
    }
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_student").detail("no student has this code")
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Duplicate => Problem::new(StatusCode::CONFLICT, "duplicate_code")
            .error(FieldError::new(Pointer::root().field("code"), "taken", "is in use")),
        other => other.into(),
    }
}
