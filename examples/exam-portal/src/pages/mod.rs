//! What people see: pages made on the server, one stylesheet, one script that renews one of them.

mod announcement;
mod assets;
mod audit;
mod dashboard;
mod exams;
mod failure;
mod frame;
mod limited;
mod password;
mod reset;
mod security;
mod security_caches;
mod settings;
mod sign_in;
mod student;
mod student_form;
mod students;

use askama::Template;
use axum::Router;
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::LOCATION;
use palisade_input_validation::Rejected;

pub(crate) use assets::routes as assets;
pub(crate) use limited::show as show_limited;

use crate::must_change;
use crate::refusal;
use crate::state::Portal;

pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(dashboard::page))
        .route("/login", get(sign_in::page).post(sign_in::submit))
        .route("/logout", post(sign_in::leave))
        .route(must_change::FORM, get(password::page).post(password::submit))
        .route("/students", get(students::page).post(students::add))
        .route("/students/{code}", get(student::page).post(student::change))
        .route("/students/{code}/remove", post(student::remove))
        .route("/admin/audit", get(audit::page))
        .route("/admin/security", get(security::page))
        // The same page for its script, which asks more often than people do.
        .route("/admin/security/live", get(security::page))
        .route("/admin/security/unlock", post(security::unlock))
        .route("/exams", get(exams::page).post(exams::add))
        .route("/announcements/{slug}", get(announcement::page).post(announcement::submit))
        .route("/settings", get(settings::page).post(settings::submit))
}

/// The pages for which nobody need be signed in.
pub(crate) fn open() -> Router<Portal> {
    Router::new()
        .route("/reset", get(reset::page).post(reset::ask))
        .route("/reset/choose", get(reset::choose).post(reset::submit))
        .route("/reset/{token}", get(reset::open).post(reset::submit_at_link))
        .layer(map_response(reset::tell_no_other_site))
}

/// Address of the stylesheet; it changes with the content.
const STYLESHEET: &str = assets::STYLESHEET;
/// Address of the script.
const LIVE: &str = assets::LIVE;

/// What is wrong with a form, in words: the field, and what it takes.
fn wrong(rejected: &Rejected) -> Vec<String> {
    let issues = rejected.refusal().issues();
    if issues.is_empty() {
        return vec!["The form could not be read.".to_owned()];
    }
    let told = issues.iter().map(|issue| {
        let place = issue.pointer().to_string();
        let field = place.trim_start_matches("#/");
        format!("{field}: {}.", issue.breach())
    });
    told.collect()
}

fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "page not rendered");
            refusal::internal().into_response()
        }
    }
}

/// Sends the browser on with a GET, so that going back or reloading repeats no form.
fn to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
}
