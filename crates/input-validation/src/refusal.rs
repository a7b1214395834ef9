//! What a client gets instead of an answer.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_LANGUAGE, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use palisade_core::{Pointer, PreparedProblem, Problem, SecurityEvent};

use crate::issue::{Issues, Language, code};

/// A request that is not valid, and what its client is told about it.
///
/// # Security
///
/// Answer and log line are made of codes, pointers and numbers of the program: two requests that
/// break the same rules in the same places give the same bytes.
///
/// # Example
///
/// ```
/// use http::{HeaderMap, Response};
/// use palisade_input_validation::{Refusal, from_json};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("accept-language", "fr-CH, fr;q=0.9".parse()?);
/// let issues = from_json::<Vec<u8>>(b"[300]").unwrap_err();
/// let answer: Response<Vec<u8>> = Refusal::from(issues).response(&headers).map(|body: bytes::Bytes| body.to_vec());
/// assert_eq!(answer.status(), 422);
/// let body: serde_json::Value = serde_json::from_slice(answer.body())?;
/// assert_eq!(body["errors"][0]["pointer"], "#/0");
/// assert_eq!(body["errors"][0]["detail"], "doit \u{ea}tre au plus 255");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a refusal refuses nothing until it is returned"]
pub struct Refusal {
    reason: Reason,
    issues: Issues,
}

/// Why a request is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// 413: more bytes than are read.
    BodyTooLarge,
    /// 422: rules are broken.
    Invalid,
    /// 400: no JSON, or nested or wide beyond reason.
    Malformed,
    /// 400: the body ended early or could not be read.
    Unreadable,
    /// 415: another media type than the handler reads.
    UnsupportedType,
    /// 414: more bytes than are read.
    UriTooLong,
}

impl Reason {
    /// Returns the status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Malformed | Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
        }
    }

    /// Returns the machine word of the answer.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "body_too_large",
            Self::Invalid => "invalid_input",
            Self::Malformed => "malformed_input",
            Self::Unreadable => "unreadable_body",
            Self::UnsupportedType => "unsupported_media_type",
            Self::UriTooLong => "uri_too_long",
        }
    }
}

impl From<Issues> for Refusal {
    fn from(issues: Issues) -> Self {
        let malformed = [code::SYNTAX, code::DEPTH, code::KEYS];
        // Of the whole: a field may be nested too deep in a grammar of its own.
        let is_whole = |at: &Pointer| *at == Pointer::root();
        let only = issues
            .iter()
            .any(|issue| malformed.contains(&issue.code()) && is_whole(issue.pointer()));
        Self { reason: if only { Reason::Malformed } else { Reason::Invalid }, issues }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, issues: Issues::new() }
    }
}

impl Refusal {
    /// Returns why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns what is wrong, by place.
    #[must_use]
    pub const fn issues(&self) -> &Issues {
        &self.issues
    }

    /// States it as a problem (RFC 9457), one entry of `errors` for each issue.
    pub fn problem(&self, language: Language) -> Problem {
        self.issues.explain(Problem::new(self.reason.status(), self.reason.code()), language)
    }

    /// Answers in the language that the request asks for, and says so (`Content-Language`, `Vary`).
    #[must_use]
    pub fn response<B: From<Bytes>>(&self, request: &HeaderMap) -> Response<B> {
        self.response_in(language_of(request))
    }

    /// Answers in that language.
    #[must_use]
    pub fn response_in<B: From<Bytes>>(&self, language: Language) -> Response<B> {
        let mut response = self.problem(language).prepare().response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(VARY, HeaderValue::from_static("accept-language"));
        response
    }

    /// Returns the one answer that tells nothing, for sign-in: 400 `invalid_request`, the same bytes
    /// whatever is wrong with whichever field.
    pub fn uniform() -> PreparedProblem {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_request").prepare()
    }

    /// Reports it to the log as `input_validation_fail`, with places and codes.
    pub fn report(&self) {
        tracing::info!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::InputValidationFail.as_str(),
            code = self.reason.code(),
            count = self.issues.count(),
            issues = %self,
            "a request was refused"
        );
    }
}

/// Places and codes, in one line.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.code())?;
        self.issues.iter().try_for_each(|issue| write!(f, " {} {}", issue.pointer(), issue.code()))
    }
}

/// Reads `Accept-Language`; several fields count as one list (RFC 9110 5.3), of which the first counts.
pub(crate) fn language_of(request: &HeaderMap) -> Language {
    let header = request.get(http::header::ACCEPT_LANGUAGE);
    header.and_then(|value| value.to_str().ok()).map_or(Language::English, Language::negotiate)
}
