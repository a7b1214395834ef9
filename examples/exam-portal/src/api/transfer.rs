//! Students as a table: in and out.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http_body_util::{BodyExt, Limited};
use palisade_core::Problem;
use palisade_input_validation::check::Reader;
use palisade_input_validation::csv::{Cell, CsvLimits, read_csv, write_row};
use palisade_input_validation::issue::Issues;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::Staff;
use crate::store::Store;
use crate::students::{Field, NewStudent};

/// The most bytes of a table.
const MAX_BYTES: usize = 1024 * 1024;
/// The most students of one table.
const MAX_ROWS: usize = 2_000;
/// Rows that one statement reads.
const PIECE: u32 = 1_000;

/// What became of a table.
#[derive(JsonSchema, Serialize)]
pub(super) struct Report {
    imported: usize,
    refused: usize,
    /// The lines that were refused, the head being line 1.
    lines: Vec<Line>,
}

/// A line that was refused.
#[derive(JsonSchema, Serialize)]
struct Line {
    line: usize,
    errors: Vec<Fault>,
}

/// What is wrong with a line.
#[derive(JsonSchema, Serialize)]
struct Fault {
    field: Option<&'static str>,
    code: &'static str,
    detail: Cow<'static, str>,
}

/// Adds the students of a table whose first line names the columns; each line for itself.
pub(super) async fn import(
    Staff(_): Staff,
    State(store): State<Store>,
    request: Request,
) -> Result<Json<Report>, Problem> {
    let rows = rows(request).await?;
    let mut rows = rows.into_iter();
    let head = rows.next().ok_or_else(|| table("csv"))?;
    let columns = columns(&head).ok_or_else(|| table("csv_columns"))?;
    let reader = Reader::at(store.now());
    let (mut lines, mut new) = (Vec::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    for (position, row) in rows.enumerate() {
        let line = position.saturating_add(2);
        if row.len() != head.len() {
            let detail = "as many cells as the first line".into();
            let fault = Fault { field: None, code: "csv", detail };
            lines.push(Line { line, errors: vec![fault] });
            continue;
        }
        let cells = columns
            .iter()
            .map(|(field, column)| (field.name(), row.get(*column).map(String::as_str)));
        match reader.fields::<NewStudent>(cells) {
            Ok(student) if seen.insert(student.code().to_owned()) => new.push((line, student)),
            Ok(_) => lines.push(Line { line, errors: vec![taken()] }),
            Err(issues) => lines.push(Line { line, errors: told(&issues) }),
        }
    }
    let (numbers, students): (Vec<_>, Vec<_>) = new.into_iter().unzip();
    let added = store.add_students(&students).await?;
    for (line, _) in numbers.into_iter().zip(&added).filter(|(_, added)| !**added) {
        lines.push(Line { line, errors: vec![taken()] });
    }
    lines.sort_by_key(|line| line.line);
    let imported = added.iter().filter(|added| **added).count();
    Ok(Json(Report { imported, refused: lines.len(), lines }))
}

async fn rows(request: Request) -> Result<Vec<Vec<String>>, Problem> {
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    let named = types.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = named.split(';').next().unwrap_or_default().trim();
    if types.next().is_some() || !essence.eq_ignore_ascii_case("text/csv") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            .detail("send the table as text/csv"));
    }
    let body = Limited::new(request.into_body(), MAX_BYTES).collect().await;
    let body = body.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").detail("at most 1 MiB")
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "unreadable_body")
        }
    })?;
    let body = body.to_bytes();
    let text = std::str::from_utf8(&body).map_err(|_| table("csv_encoding"))?;
    let mut limits = CsvLimits::default();
    limits.rows = MAX_ROWS.saturating_add(1);
    limits.cells = 16;
    read_csv(text, limits).map_err(|breach| table(breach.code().as_str()))
}

fn table(code: &'static str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code).detail(
        "a table in UTF-8 as RFC 4180 writes it, of 2,000 lines at most, whose first line is \
         code,name,email,birthDate",
    )
}

/// Finds each column once, in any order, and no other.
fn columns(head: &[String]) -> Option<Vec<(Field, usize)>> {
    let found: Option<Vec<_>> = Field::ALL
        .into_iter()
        .map(|field| Some((field, head.iter().position(|name| name == field.name())?)))
        .collect();
    found.filter(|found| found.len() == head.len())
}

const fn taken() -> Fault {
    Fault { field: Some("code"), code: "taken", detail: Cow::Borrowed("is in use") }
}

fn told(issues: &Issues) -> Vec<Fault> {
    let told = issues.iter().map(|issue| Fault {
        field: Field::at(issue.pointer()).map(Field::name),
        code: issue.code().as_str(),
        detail: issue.breach().to_string().into(),
    });
    told.collect()
}

/// Writes every student; no cell is a formula to a spreadsheet.
pub(super) async fn export(
    Staff(_): Staff,
    State(store): State<Store>,
) -> Result<Response, Problem> {
    let mut table = String::new();
    write_row(&Field::ALL.map(|field| Cell::Text(field.name())), &mut table);
    let mut last = String::new();
    loop {
        let students = store.students_after(&last, PIECE).await?;
        for student in &students {
            let cells = [&student.code, &student.name, &student.email, &student.birth_date];
            write_row(&cells.map(|text| Cell::Text(text)), &mut table);
        }
        match students.last() {
            Some(student) => last.clone_from(&student.code),
            None => break,
        }
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"students.csv\""),
    ];
    Ok((headers, table).into_response())
}
