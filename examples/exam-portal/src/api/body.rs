//! The body of a call: JSON, bounded, and refused without repeating a byte of it.

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use palisade_core::{FieldError, Pointer, Problem};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Bytes of a JSON body; the largest student is below 3 KiB even with every character escaped.
const MAX_BYTES: usize = 64 * 1024;

/// Extractor of a JSON body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
                .detail("send the body as application/json"));
        }
        // What is announced as too long is not waited for.
        if request.body().size_hint().lower() > MAX_BYTES.try_into().unwrap_or(u64::MAX) {
            return Err(too_large());
        }
        let body = Limited::new(request.into_body(), MAX_BYTES).collect().await;
        let bytes = body.map_err(|error| unread(error.as_ref()))?.to_bytes();
        serde_json::from_slice(&bytes).map(Self).map_err(|error| unparsed(&error))
    }
}

/// `application/json`, and for a change also what RFC 7396 names it.
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    ["application/json", "application/merge-patch+json"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").detail("at most 64 KiB")
}

fn unread(error: &(dyn std::error::Error + 'static)) -> Problem {
    if error.is::<LengthLimitError>() {
        too_large()
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "body_incomplete").detail("the body broke off")
    }
}

/// Line and column are counted by us, so they may be told; the message may quote the body.
fn unparsed(error: &serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body")
            .error(FieldError::new(Pointer::root(), "type", "must be an object")),
        Category::Eof | Category::Io | Category::Syntax => {
            Problem::new(StatusCode::BAD_REQUEST, "malformed_json")
                .detail("the body is not JSON, or nested too deep")
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_one_json_content_type_is_json() {
        let table: [(&[&str], bool); 9] = [
            (&["application/json"], true),
            (&["Application/JSON; charset=utf-8"], true),
            (&["application/merge-patch+json"], true),
            (&[], false),
            (&["text/plain"], false),
            (&["text/plain; application/json"], false),
            (&["application/jsonx"], false),
            (&["application/x-www-form-urlencoded"], false),
            (&["application/json", "text/plain"], false),
        ];
        for (values, expected) in table {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
            }
            assert_eq!(is_json(&headers), expected, "{values:?}");
        }
    }
}
