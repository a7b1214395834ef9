//! Refusals as `application/problem+json` (RFC 9457).

mod field_error;
mod pointer;
mod prepared;
mod text;

use std::time::Duration;

use http::StatusCode;
use serde::ser::{Serialize, SerializeMap, Serializer};

pub use field_error::FieldError;
pub use pointer::Pointer;
pub use prepared::PreparedProblem;
pub use text::Text;

/// What went wrong, as RFC 9457 writes it.
///
/// Members are `type` (left out when it is `about:blank`, RFC 9457 4.2.1), `title`, `status`,
/// `code` (ours: one machine word that never changes), `detail`, and `errors`, one entry per
/// offending place of the request (the form of RFC 9457 section 3). Everything a problem says is
/// [`Text`] of the program: a value, a header or a key that a client sent does not fit in.
///
/// # Example
///
/// ```
/// use http::StatusCode;
/// use palisade_core::{FieldError, Pointer, Problem};
///
/// let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_student")
///     .detail("two fields need a correction")
///     .error(FieldError::new(Pointer::root().field("name"), "required", "must not be empty"))
///     .error(FieldError::new(Pointer::root().field("tags").index(3), "chars", "at most 32"));
/// let body: serde_json::Value = serde_json::from_slice(problem.prepare().body())?;
/// assert_eq!(body["title"], "Unprocessable Entity");
/// assert_eq!(body["errors"][1]["pointer"], "#/tags/3");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a problem refuses nothing until it is returned"]
pub struct Problem {
    content: Box<Content>,
}

#[derive(Clone, Debug)]
struct Content {
    status: StatusCode,
    code: &'static str,
    kind: Option<Text>,
    title: Text,
    detail: Option<Text>,
    errors: Vec<FieldError>,
    omitted_errors: usize,
    lists: Vec<(&'static str, Vec<Text>)>,
    request_id: Option<Text>,
    retry_after: Option<Duration>,
}

impl Problem {
    /// How many [`FieldError`]s are told one by one; the others are counted in `omitted_errors`.
    pub const MAX_ERRORS: usize = 32;

    /// States a problem whose title is the reason phrase of the status.
    ///
    /// `code` is what programs compare: lower case words joined by `_`, never changed once used.
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        let title = Text::from(status.canonical_reason().unwrap_or("Unknown Status"));
        let content = Content {
            status,
            code,
            kind: None,
            title,
            detail: None,
            errors: Vec::new(),
            omitted_errors: 0,
            lists: Vec::new(),
            request_id: None,
            retry_after: None,
        };
        Self { content: Box::new(content) }
    }

    /// Names the problem type by its URI, with the title that belongs to it (RFC 9457 3.1.1).
    pub fn of_type(mut self, uri: impl Into<Text>, title: impl Into<Text>) -> Self {
        self.content.kind = Some(uri.into());
        self.content.title = title.into();
        self
    }

    /// Says what the client can do about it (RFC 9457 3.1.4).
    pub fn detail(mut self, detail: impl Into<Text>) -> Self {
        self.content.detail = Some(detail.into());
        self
    }

    /// Adds one offending place; past [`MAX_ERRORS`](Self::MAX_ERRORS) it is only counted.
    pub fn error(mut self, error: FieldError) -> Self {
        if self.content.errors.len() < Self::MAX_ERRORS {
            self.content.errors.push(error);
        } else {
            self.content.omitted_errors = self.content.omitted_errors.saturating_add(1);
        }
        self
    }

    /// Adds an extension member that is a list of words (RFC 9457 3.2): the
    /// `violated-policies` of a quota.
    pub fn list(mut self, member: &'static str, words: impl IntoIterator<Item = Text>) -> Self {
        self.content.lists.push((member, words.into_iter().collect()));
        self
    }

    /// Names the request, by an id that the program gave it, so that people can ask about it.
    pub fn request_id(mut self, id: Text) -> Self {
        self.content.request_id = Some(id);
        self
    }

    /// Sends `Retry-After` in whole seconds, rounded up, never 0 (RFC 9110 10.2.3).
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.content.retry_after = Some(wait);
        self
    }

    /// Returns the status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.content.status
    }

    /// Returns the machine word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.content.code
    }

    /// Writes the bytes, once; what comes out is cloned without copying them.
    ///
    /// # Cost
    ///
    /// The buffer of the body and nothing else; keep the result where the problem is always the
    /// same.
    pub fn prepare(&self) -> PreparedProblem {
        PreparedProblem::new(self)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let content = &self.content;
        let mut map = serializer.serialize_map(None)?;
        if let Some(kind) = &content.kind {
            map.serialize_entry("type", kind)?;
        }
        map.serialize_entry("title", &content.title)?;
        map.serialize_entry("status", &content.status.as_u16())?;
        map.serialize_entry("code", content.code)?;
        if let Some(detail) = &content.detail {
            map.serialize_entry("detail", detail)?;
        }
        if !content.errors.is_empty() {
            map.serialize_entry("errors", &content.errors)?;
        }
        if content.omitted_errors > 0 {
            map.serialize_entry("omitted_errors", &content.omitted_errors)?;
        }
        for (member, words) in &content.lists {
            map.serialize_entry(member, words)?;
        }
        if let Some(id) = &content.request_id {
            map.serialize_entry("request_id", id)?;
        }
        map.end()
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for Problem {
    fn into_response(self) -> axum_core::response::Response {
        self.prepare().into_response()
    }
}
