//! What a change ends (RFC 9111, section 4.4).

use http::header::{CONTENT_LOCATION, HeaderMap, LOCATION};
use http::{Method, StatusCode, Uri};

/// Says whether an answer ends what is stored for its URI: one that is no error, to a method that is not
/// safe.
#[must_use]
pub fn ends(method: &Method, status: StatusCode) -> bool {
    !method.is_safe() && (status.is_success() || status.is_redirection())
}

/// Returns the paths and queries that an answer names in `Location` and `Content-Location` and that are of
/// the same host: another's are nobody's to end.
///
/// References that are relative to a path are left alone.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use palisade_cache::http::policy::named;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("location", HeaderValue::from_static("https://school.example/exams/7#top"));
/// headers.insert("content-location", HeaderValue::from_static("//other.example/exams/7"));
/// assert!(named(&headers, b"school.example").eq(["/exams/7"]));
/// ```
pub fn named<'a>(headers: &'a HeaderMap, host: &'a [u8]) -> impl Iterator<Item = &'a str> {
    let lines = [LOCATION, CONTENT_LOCATION].into_iter().flat_map(|name| headers.get_all(name));
    lines.filter_map(move |line| path_on(line.to_str().ok()?.trim(), host))
}

fn path_on<'a>(reference: &'a str, host: &[u8]) -> Option<&'a str> {
    let reference = reference.split('#').next()?;
    let after_scheme = ["https:", "http:"].iter().find_map(|scheme| {
        let begin = reference.get(..scheme.len())?;
        if begin.eq_ignore_ascii_case(scheme) { reference.get(scheme.len()..) } else { None }
    });
    let path = match after_scheme.unwrap_or(reference).strip_prefix("//") {
        Some(rest) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end)?;
            authority.as_bytes().eq_ignore_ascii_case(host).then_some(path)?
        }
        None if after_scheme.is_some() => return None,
        None => reference,
    };
    let path = if path.is_empty() && after_scheme.is_some() { "/" } else { path };
    // What a router would not be given is stored nowhere.
    (path.starts_with('/') && path.parse::<Uri>().is_ok()).then_some(path)
}
