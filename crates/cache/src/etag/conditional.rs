//! What a conditional request asks, decided (RFC 9110, section 13).

use std::time::SystemTime;

use http::Method;
use http::header::{
    HeaderMap, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
};

use super::tag::{Comparison, EntityTag, next};

/// What is known of the current representation of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    exists: bool,
    tag: Option<EntityTag>,
    modified: Option<SystemTime>,
}

impl Validators {
    /// There is no representation: the request would make the first.
    #[must_use]
    pub const fn none() -> Self {
        Self { exists: false, tag: None, modified: None }
    }

    /// There is one.
    #[must_use]
    pub const fn some() -> Self {
        Self { exists: true, tag: None, modified: None }
    }

    /// With this tag.
    #[must_use]
    pub fn tag(self, tag: EntityTag) -> Self {
        Self { exists: true, tag: Some(tag), ..self }
    }

    /// Changed last at that time.
    #[must_use]
    pub const fn modified(mut self, at: SystemTime) -> Self {
        self.exists = true;
        self.modified = Some(at);
        self
    }
}

/// What becomes of a conditional request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// It goes on as if it had no condition.
    Proceed,
    /// 304: the client has the current representation.
    NotModified,
    /// 412: the representation is not what the client thinks it is.
    Failed,
}

/// Decides by the fields `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since`, in
/// the order of section 13.2.2.
///
/// A handler that changes something calls it with what is stored, in the transaction that changes it:
/// two people who edit one thing then cannot overwrite each other. A field that cannot be read fails
/// where it protects (`If-Match`, and `If-None-Match` of a change) and is as if absent where it saves a
/// copy.
///
/// # Example
///
/// ```
/// use http::{HeaderMap, Method};
/// use palisade_cache::etag::{EntityTag, Validators, Verdict, evaluate};
///
/// let stored = Validators::some().tag(EntityTag::of(b"version 8"));
/// let mut headers = HeaderMap::new();
/// headers.insert("if-match", EntityTag::of(b"version 7").to_value().unwrap());
/// assert_eq!(evaluate(&Method::PUT, &headers, &stored), Verdict::Failed);
/// ```
#[must_use]
pub fn evaluate(method: &Method, headers: &HeaderMap, current: &Validators) -> Verdict {
    let reads = *method == Method::GET || *method == Method::HEAD;
    if headers.contains_key(IF_MATCH) {
        // What cannot be read matches nothing.
        if matches(headers, &IF_MATCH, current, Comparison::Strong) != Some(true) {
            return Verdict::Failed;
        }
    } else if let (Some(date), Some(modified)) =
        (date(headers, &IF_UNMODIFIED_SINCE), current.modified)
        && modified > date
    {
        return Verdict::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        return match matches(headers, &IF_NONE_MATCH, current, Comparison::Weak) {
            Some(false) => Verdict::Proceed,
            Some(true) if reads => Verdict::NotModified,
            None if reads => Verdict::Proceed,
            _ => Verdict::Failed,
        };
    }
    match (date(headers, &IF_MODIFIED_SINCE), current.modified) {
        (Some(date), Some(modified)) if reads && modified <= date => Verdict::NotModified,
        _ => Verdict::Proceed,
    }
}

/// Says whether a list of tags has the current one; `None` if it cannot be read.
fn matches(
    headers: &HeaderMap,
    field: &HeaderName,
    current: &Validators,
    comparison: Comparison,
) -> Option<bool> {
    let mut found = false;
    let mut lines = headers.get_all(field).iter();
    if let (Some(line), None) = (lines.next(), lines.next())
        && line.as_bytes().trim_ascii() == b"*"
    {
        return Some(current.exists);
    }
    for line in headers.get_all(field) {
        let mut rest = line.as_bytes();
        loop {
            // Empty elements are allowed (section 5.6.1.2).
            let start = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','));
            let Some(start) = start else { break };
            let (tag, after) = next(rest.get(start..)?)?;
            found |= current.tag.as_ref().is_some_and(|current| tag.equals(current, comparison));
            rest = after.trim_ascii_start();
            if !rest.is_empty() && !rest.starts_with(b",") {
                return None;
            }
        }
    }
    Some(found)
}

/// Reads a date; none, if there are several or it is none.
fn date(headers: &HeaderMap, field: &HeaderName) -> Option<SystemTime> {
    let mut lines = headers.get_all(field).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    httpdate::parse_http_date(line.to_str().ok()?).ok()
}
