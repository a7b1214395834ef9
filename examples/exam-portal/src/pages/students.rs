//! `/students`: the list, searched, sorted and paged by links.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_core::Problem;
use palisade_passwords::fields::Fields;

use super::failure::Failure;
use super::frame::Frame;
use super::student_form::StudentForm;
use crate::access::Staff;
use crate::accounts::User;
use crate::store::{Store, StoreError};
use crate::students::{ListQuery, NewStudent, Sort, Student};

#[derive(Template)]
#[template(path = "students.html")]
struct Students {
    frame: Frame,
    /// For a new student.
    form: StudentForm,
    refused: bool,
    items: Vec<Student>,
    total: u64,
    search: String,
    sort: &'static str,
    per_page: u32,
    columns: [Column; 4],
    page: u64,
    pages: u64,
    previous: Option<String>,
    next: Option<String>,
}

/// The head of a column: a link to its order.
struct Column {
    label: &'static str,
    /// As `aria-sort` says it.
    order: Option<&'static str>,
    link: String,
}

pub(super) async fn page(
    who: Result<Staff, Problem>,
    State(store): State<Store>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.as_deref().unwrap_or_default();
    list(&who?.0, &store, query, StudentForm::empty(), false).await
}

/// Adds a student, or shows the list again with what is wrong.
pub(super) async fn add(
    who: Result<Staff, Problem>,
    State(store): State<Store>,
    fields: Fields,
) -> Result<Response, Failure> {
    let Staff(user) = who?;
    let form = StudentForm::typed(&fields);
    let refused = match form.read::<NewStudent>(store.now()) {
        Ok(new) => match store.add_student(&new).await {
            // A code has no character that a path would have to escape.
            Ok(student) => {
                let added = Student::changes(None, &student).target("student", &student.code);
                let page = super::to(&format!("/students/{}", student.code));
                return Ok((added.beside(), page).into_response());
            }
            Err(StoreError::Duplicate) => form.taken(),
            Err(error) => return Err(error.into()),
        },
        Err(issues) => form.refused(&issues),
    };
    let mut page = list(&user, &store, "", refused, true).await?;
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page)
}

async fn list(
    user: &User,
    store: &Store,
    query: &str,
    form: StudentForm,
    refused: bool,
) -> Result<Response, Failure> {
    let query = ListQuery::parse(query);
    let found = store.list_students(&query).await?;
    let (page, pages) = (u64::from(query.page()), query.pages(found.total));
    let to = |page: u64| link(&query, page, query.sort());
    Ok(super::html(&Students {
        frame: Frame::of(user),
        form,
        refused,
        columns: columns(&query),
        previous: (page > 1).then(|| to(page.saturating_sub(1).min(pages))),
        next: (page < pages).then(|| to(page.saturating_add(1))),
        items: found.items,
        total: found.total,
        search: query.search().to_owned(),
        sort: query.sort().name(),
        per_page: query.per_page(),
        page,
        pages,
    }))
}

fn columns(query: &ListQuery) -> [Column; 4] {
    [
        ("Name", Sort::Name, Sort::NameDown),
        ("Code", Sort::Code, Sort::CodeDown),
        ("E-mail", Sort::Email, Sort::EmailDown),
        ("Born", Sort::BirthDate, Sort::BirthDateDown),
    ]
    .map(|(label, up, down)| {
        let (order, then) = match query.sort() {
            sort if sort == up => (Some("ascending"), down),
            sort if sort == down => (Some("descending"), up),
            _ => (None, up),
        };
        Column { label, order, link: link(query, 1, then) }
    })
}

fn link(query: &ListQuery, page: u64, sort: Sort) -> String {
    match query.link(page, sort) {
        none if none.is_empty() => "/students".to_owned(),
        some => format!("/students?{some}"),
    }
}
