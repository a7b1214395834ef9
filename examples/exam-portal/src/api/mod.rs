//! The JSON API under `/api/v1`.

mod auth;
mod body;
mod resets;
mod students;

use axum::Router;
use axum::routing::{get, post};

use crate::state::Portal;

pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/auth/password", post(auth::change_password))
        .route("/me", get(auth::me))
        .route("/admin/users/{id}/reset-password", post(resets::require))
        .route("/students", get(students::list).post(students::add))
        .route(
            "/students/{code}",
            get(students::read).patch(students::change).delete(students::remove),
        )
}

/// The calls for which nobody need be signed in, a pending session in the browser included.
pub(crate) fn open() -> Router<Portal> {
    Router::new()
        .route("/api/v1/auth/reset-request", post(resets::request))
        .route("/api/v1/auth/reset", post(resets::redeem))
}
