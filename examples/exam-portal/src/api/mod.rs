//! The JSON API under `/api/v1`, and the document about it.

mod announcements;
mod audit;
mod auth;
mod copies;
mod exams;
mod openapi;
mod payments;
mod resets;
mod settings;
mod students;
mod transfer;

use std::convert::Infallible;

use axum::response::{IntoResponseParts, ResponseParts};
use axum::routing::{MethodRouter, get, post, put};
use axum::{Extension, Router};
use http::{HeaderValue, StatusCode};
use palisade_cache::Outcome;
use palisade_cache::etag::EtagLayer;
use palisade_core::{FieldError, Pointer, Problem};
use palisade_input_validation::BodyLimit;

use crate::answers::Answers;
use crate::exams::Copies;
use crate::state::Portal;

pub(crate) use audit::{ProofQuery, TrailQuery};

/// Routes and their paths, which the document has to list.
struct Calls {
    router: Router<Portal>,
    paths: Vec<&'static str>,
}

impl Calls {
    fn new() -> Self {
        Self { router: Router::new(), paths: Vec::new() }
    }

    fn at(mut self, path: &'static str, methods: MethodRouter<Portal>) -> Self {
        self.paths.push(path);
        Self { router: self.router.route(path, methods), paths: self.paths }
    }
}

/// The calls of those who are signed in.
pub(crate) fn routes(copies: &Copies, answers: &Answers) -> Router<Portal> {
    signed_in(copies, answers).router
}

/// The calls for which nobody need be signed in, a pending session in the browser included.
pub(crate) fn open() -> Router<Portal> {
    anybody().router
}

/// The most bytes of a student, every character escaped.
const STUDENT: BodyLimit = BodyLimit::new(64 * 1024);

fn signed_in(copies: &Copies, answers: &Answers) -> Calls {
    Calls::new()
        .at("/api/v1/auth/login", post(auth::login))
        .at("/api/v1/auth/logout", post(auth::logout))
        .at("/api/v1/auth/password", post(auth::change_password))
        .at("/api/v1/me", get(auth::me))
        .at("/api/v1/admin/users/{id}/reset-password", post(resets::require))
        .at("/api/v1/admin/audit", get(audit::list))
        .at("/api/v1/admin/audit/checkpoint", get(audit::checkpoint))
        .at("/api/v1/admin/audit/proof/{seq}", get(audit::proof))
        .at("/api/v1/students", get(students::list).post(students::add).layer(Extension(STUDENT)))
        .at(
            "/api/v1/students/{code}",
            get(students::read)
                .patch(students::change)
                .delete(students::remove)
                .layer(Extension(STUDENT)),
        )
        .at("/api/v1/students/import", post(transfer::import))
        .at("/api/v1/students/export.csv", get(transfer::export))
        .at("/api/v1/exams", get(exams::list).post(exams::add))
        .at("/api/v1/exams/{id}/grades", put(exams::grade).get(exams::grades))
        .at("/api/v1/exams/{id}/copies", post(copies::add).layer(Extension(copies.uploads())))
        .at("/api/v1/exams/{id}/copies/{copy}", get(copies::read))
        .at(
            "/api/v1/announcements/{slug}",
            get(announcements::read).put(announcements::write).layer(answers.layer()),
        )
        .at("/api/v1/payments", post(payments::add))
        .at("/api/v1/settings", get(settings::read).layer(EtagLayer::new()).put(settings::write))
}

fn anybody() -> Calls {
    Calls::new()
        .at("/api/openapi.json", get(openapi::show).layer(EtagLayer::new()))
        .at("/api/v1/auth/reset-request", post(resets::request))
        .at("/api/v1/auth/reset", post(resets::redeem))
}

/// Every path of a call.
#[cfg(test)]
pub(crate) fn paths(copies: &Copies, answers: &Answers) -> Vec<&'static str> {
    [signed_in(copies, answers).paths, anybody().paths].concat()
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
