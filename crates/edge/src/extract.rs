//! Extractors for axum.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use palisade_core::Problem;
use thiserror::Error;

use crate::{ClientIp, ExternalUrl};

/// [`EdgeLayer`](crate::EdgeLayer) put nothing here: it is not applied, or lets unidentified
/// requests pass.
///
/// Answered with 500; a handler that runs for such requests as well takes an `Option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no `{what}` in the request; is `EdgeLayer` applied?")]
pub struct NotIdentified {
    what: &'static str,
}

impl IntoResponse for NotIdentified {
    fn into_response(self) -> Response {
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "unidentified_request");
        problem.prepare().response()
    }
}

macro_rules! extracts {
    ($($kind:ident),+) => { $(
        impl<S: Sync> FromRequestParts<S> for $kind {
            type Rejection = NotIdentified;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotIdentified> {
                let found = parts.extensions.get::<Self>().cloned();
                found.ok_or(NotIdentified { what: stringify!($kind) })
            }
        }

        impl<S: Sync> OptionalFromRequestParts<S> for $kind {
            type Rejection = std::convert::Infallible;

            async fn from_request_parts(
                parts: &mut Parts,
                _: &S,
            ) -> Result<Option<Self>, Self::Rejection> {
                Ok(parts.extensions.get::<Self>().cloned())
            }
        }
    )+ };
}

extracts!(ClientIp, ExternalUrl);
