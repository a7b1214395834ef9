//! Fields as an argument of axum handlers.

use axum_core::body::Body;
use axum_core::extract::FromRequest;
use http::Request;
use palisade_core::Problem;

use super::Fields;

impl<S: Sync> FromRequest<S> for Fields {
    /// 400, 413 or 415; a handler asks for its fields with `?`, which gives 422.
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        Ok(Self::read(&parts.headers, body).await?)
    }
}
