//! The JSON API under `/api/v1`.

mod announcements;
mod audit;
mod auth;
mod body;
mod copies;
mod exams;
mod payments;
mod resets;
mod settings;
mod students;
mod transfer;

use std::convert::Infallible;

use axum::response::{IntoResponseParts, ResponseParts};
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use http::{HeaderValue, StatusCode};
use palisade_cache::Outcome;
use palisade_core::{FieldError, Pointer, Problem};

use crate::exams::Copies;
use crate::state::Portal;

pub(crate) use audit::TrailQuery;

pub(crate) fn routes(copies: &Copies) -> Router<Portal> {
    Router::new()
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/auth/password", post(auth::change_password))
        .route("/me", get(auth::me))
        .route("/admin/users/{id}/reset-password", post(resets::require))
        .route("/admin/audit", get(audit::list))
        .route("/admin/audit/checkpoint", get(audit::checkpoint))
        .route("/admin/audit/proof/{seq}", get(audit::proof))
        .route("/students", get(students::list).post(students::add))
        .route(
            "/students/{code}",
            get(students::read).patch(students::change).delete(students::remove),
        )
        .route("/students/import", post(transfer::import))
        .route("/students/export.csv", get(transfer::export))
        .route("/exams", get(exams::list).post(exams::add))
        .route("/exams/{id}/grades", put(exams::grade).get(exams::grades))
        .route("/exams/{id}/copies", post(copies::add).layer(Extension(copies.uploads())))
        .route("/exams/{id}/copies/{copy}", get(copies::read))
        .route("/announcements/{slug}", get(announcements::read).put(announcements::write))
        .route("/payments", post(payments::add))
        .route("/settings", get(settings::read).put(settings::write))
}

/// A body names a student that there is not.
fn no_such_student() -> Problem {
    let field = Pointer::root().field("studentCode");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_student").error(FieldError::new(
        field,
        "unknown_student",
        "no student has this code",
    ))
}

/// The calls for which nobody need be signed in, a pending session in the browser included.
pub(crate) fn open() -> Router<Portal> {
    Router::new()
        .route("/api/v1/auth/reset-request", post(resets::request))
        .route("/api/v1/auth/reset", post(resets::redeem))
}

/// Says where an answer came from (RFC 9211); nothing where there is no cache.
struct CacheStatus(Option<Outcome>);

impl IntoResponseParts for CacheStatus {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let value = self.0.map(|outcome| HeaderValue::try_from(outcome.cache_status("portal")));
        if let Some(Ok(value)) = value {
            parts.headers_mut().append("cache-status", value);
        }
        Ok(parts)
    }
}
