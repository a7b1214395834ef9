//! The address of a reset request, by which it is limited beside its client.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use palisade_passwords::fields::{Fields, FieldsError};
use palisade_ratelimit::key::Key;

/// Where links are asked for.
const PATHS: [&str; 2] = ["/reset", "/api/v1/auth/reset-request"];

/// In the extensions of a request: the address that it names, as accounts are looked up by it.
#[derive(Clone)]
struct Typed(String);

/// The key `email` of the rule table.
pub(super) fn key() -> Key {
    Key::of("email", |head| Some(head.extensions().get::<Typed>()?.0.clone().into()))
}

/// Reads the address before the limits look at the request, so that client and address are charged
/// together or not at all.
///
/// A body that names none is left to the handler, which refuses it.
pub(crate) async fn read(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !PATHS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let bytes = match whole(body).await {
        Ok(bytes) => bytes,
        Err(error) => return error.problem().into_response(),
    };
    let fields = Fields::read(&parts.headers, Body::from(bytes.clone())).await;
    if let Ok(email) = fields.as_ref().map_err(|error| *error).and_then(|it| it.text("email")) {
        parts.extensions.insert(Typed(email.trim().to_lowercase()));
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// As long as the handler would read.
async fn whole(body: Body) -> Result<Bytes, FieldsError> {
    let too_large = FieldsError::TooLarge { most_bytes: Fields::MOST_BYTES };
    let most = u64::try_from(Fields::MOST_BYTES).unwrap_or(u64::MAX);
    if body.size_hint().lower() > most {
        return Err(too_large);
    }
    match Limited::new(body, Fields::MOST_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large),
        Err(_) => Err(FieldsError::Aborted),
    }
}
