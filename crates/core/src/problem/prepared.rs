//! A problem whose bytes are written.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::Problem;

/// A [`Problem`] as it goes over the wire.
///
/// # Cost
///
/// The header fields are put together once: [`response`](Self::response) and a clone copy their map,
/// two allocations, and count a reference to the body; [`into_answer`](Self::into_answer) copies nothing.
#[derive(Clone, Debug)]
#[must_use = "a problem refuses nothing until it is returned"]
pub struct PreparedProblem {
    status: StatusCode,
    body: Bytes,
    headers: HeaderMap,
}

impl PreparedProblem {
    pub(super) fn new(problem: &Problem) -> Self {
        // Strings and numbers into memory: serde_json has no way to fail here.
        let body = Bytes::from(serde_json::to_vec(problem).unwrap_or_default());
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = problem.content.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
        }
        Self { status: problem.status(), body, headers }
    }

    /// Returns the header fields of the answer, for more of them.
    pub const fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Returns the status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the JSON text.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Makes the answer, with a wait that is known only now.
    ///
    /// `Retry-After` is in whole seconds, rounded up, never 0 (RFC 9110 10.2.3).
    pub fn response_after<B: From<Bytes>>(&self, wait: Duration) -> Response<B> {
        let mut response = self.response();
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
        response
    }

    /// Makes the answer: status, `Content-Type: application/problem+json`, `Content-Length`,
    /// `Cache-Control: no-store` (a refusal speaks to one client at one moment) and, where the
    /// problem has one, `Retry-After`.
    pub fn response<B: From<Bytes>>(&self) -> Response<B> {
        self.clone().into_answer()
    }

    /// Makes the same answer of a problem that is not needed any more: nothing is cloned.
    pub fn into_answer<B: From<Bytes>>(self) -> Response<B> {
        let Self { status, body, headers } = self;
        let mut response = Response::new(B::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for PreparedProblem {
    fn into_response(self) -> axum_core::response::Response {
        self.response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_and_never_zero() {
        let table =
            [(0, 1), (1, 1), (999, 1), (1000, 1), (1001, 2), (1900, 2), (59_999, 60), (60_000, 60)];
        for (millis, expected) in table {
            assert_eq!(seconds(Duration::from_millis(millis)), expected, "{millis} ms");
        }
        assert_eq!(seconds(Duration::MAX), u64::MAX);
    }
}
