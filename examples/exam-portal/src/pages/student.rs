//! `/students/{code}`: one record, to read or to change.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_core::Problem;
use palisade_passwords::fields::Fields;

use super::failure::Failure;
use super::frame::Frame;
use super::student_form::StudentForm;
use crate::access::{self, Anybody, Staff};
use crate::refusal;
use crate::store::{Store, StoreError};
use crate::students::{self, Student, StudentChange};

#[derive(Template)]
#[template(path = "student.html")]
struct OneStudent {
    frame: Frame,
    student: Student,
    form: StudentForm,
    refused: bool,
}

type Code = Result<Path<String>, PathRejection>;

pub(super) async fn page(
    who: Result<Anybody, Problem>,
    State(store): State<Store>,
    code: Code,
) -> Result<Response, Failure> {
    let Anybody(user) = who?;
    let code = known(code).await?;
    let found = if access::may_read(&user, &code) { store.student(&code).await? } else { None };
    let Some(student) = found else { return Err(refusal::not_found().await.into()) };
    let form = StudentForm::of(&student);
    Ok(super::html(&OneStudent { frame: Frame::of(&user), student, form, refused: false }))
}

pub(super) async fn change(
    who: Result<Staff, Problem>,
    State(store): State<Store>,
    code: Code,
    fields: Fields,
) -> Result<Response, Failure> {
    let Staff(user) = who?;
    let code = known(code).await?;
    let Some(student) = store.student(&code).await? else {
        return Err(refusal::not_found().await.into());
    };
    let form = StudentForm::typed(&fields);
    let refused = match form.read::<StudentChange>(store.now()) {
        Ok(change) => match store.change_student(&code, &change).await {
            // A code has no character that a path would have to escape.
            Ok(Some((before, after))) => {
                let changes = Student::changes(Some(&before), &after).beside();
                let page = super::to(&format!("/students/{}", after.code));
                return Ok((changes, page).into_response());
            }
            Ok(None) => return Err(refusal::not_found().await.into()),
            Err(StoreError::Duplicate) => form.taken(),
            Err(error) => return Err(error.into()),
        },
        Err(issues) => form.refused(&issues),
    };
    let page = OneStudent { frame: Frame::of(&user), student, form: refused, refused: true };
    let mut page = super::html(&page);
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page)
}

pub(super) async fn remove(
    who: Result<Staff, Problem>,
    State(store): State<Store>,
    code: Code,
) -> Result<Response, Failure> {
    who?;
    let code = known(code).await?;
    if store.remove_student(&code).await? {
        Ok(super::to("/students"))
    } else {
        Err(refusal::not_found().await.into())
    }
}

/// What cannot be a code names nobody.
async fn known(code: Code) -> Result<String, Problem> {
    match code {
        Ok(Path(code)) if students::is_code(&code) => Ok(code),
        Ok(_) | Err(_) => Err(refusal::not_found().await),
    }
}
