//! Who has to set a password first gets no further than the form for it.

use axum::body::Bytes;
use http::header::{CONTENT_LENGTH, LOCATION};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use palisade_core::Problem;
use palisade_passwords::must_change::{ExitError, Exits, MustChangeLayer};
use palisade_passwords::session::Standing;

use crate::accounts::UserId;

/// Path of the form.
pub(crate) const FORM: &str = "/account/password";

/// Stands inside of the sessions.
pub(crate) fn layer() -> Result<MustChangeLayer, ExitError> {
    let exits = Exits::new(Method::POST, "/api/v1/auth/password")?
        .and(Method::POST, "/api/v1/auth/logout")?
        // Open to everybody: signing in replaces the session.
        .and(Method::POST, "/api/v1/auth/login")?
        .and(Method::GET, "/login")?
        .and(Method::POST, "/login")?
        .and(Method::GET, FORM)?
        .and(Method::POST, FORM)?
        .and(Method::POST, "/logout")?;
    let is_pending = |parts: &Parts| {
        parts.extensions.get::<Standing<UserId>>().is_some_and(Standing::is_pending)
    };
    let problem = Problem::new(StatusCode::FORBIDDEN, "password_change_required")
        .detail("set a password of your own first; nothing else is open until then")
        .prepare();
    Ok(MustChangeLayer::new(exits, is_pending).with_rejection(move |parts| {
        if parts.uri.path().starts_with("/api/") { problem.response() } else { to_form() }
    }))
}

fn to_form() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(FORM));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response
}
