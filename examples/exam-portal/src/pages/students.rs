//! `/students`: the list, searched, sorted and paged by links.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use palisade_core::Problem;

use crate::store::Store;
use crate::students::{ListQuery, Sort, Student};

#[derive(Template)]
#[template(path = "students.html")]
struct Students {
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
    State(store): State<Store>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = ListQuery::parse(query.as_deref().unwrap_or_default());
    let found = store.list_students(&query).await?;
    let (page, pages) = (u64::from(query.page()), query.pages(found.total));
    let to = |page: u64| link(&query, page, query.sort());
    Ok(super::html(&Students {
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
