//! Where a client is sent after a form.

use url::Url;

use super::HttpUrl;
use crate::issue::{Breach, code};
use crate::macros::text_type;

const REDIRECT: Breach = Breach::new(code::REDIRECT);

/// A page of this site, as path, query and fragment: what `?next=` may hold.
///
/// The input is resolved as a browser resolves `Location` (WHATWG URL) and compared by origin; what
/// comes out is the parser's own writing, never the input. Refused are `//evil.example`,
/// `/\evil.example`, `/%09/evil.example` with its tab decoded, `/.//evil.example`, whose dot segment hides two
/// slashes, other schemes, controls and white space, and more than 2048 bytes.
///
/// # Example
///
/// ```
/// use palisade_input_validation::SafeRedirect;
///
/// let next: SafeRedirect = "/exams/../exams/7?tab=1".parse()?;
/// assert_eq!(next.as_str(), "/exams/7?tab=1");
/// assert_eq!(SafeRedirect::or_root("//evil.example").as_str(), "/");
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SafeRedirect {
    text: Box<str>,
}

impl SafeRedirect {
    /// Reads a path of this site, which begins with one slash.
    ///
    /// # Errors
    ///
    /// [`code::REDIRECT`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        // Reserved (RFC 2606): no input can name it.
        let base = Url::parse("https://this-site.invalid/").map_err(|_| REDIRECT)?;
        if text.starts_with('/') { Self::join(text, &base) } else { Err(REDIRECT) }
    }

    /// Reads a path, or a URL of the origin of `site`.
    ///
    /// # Errors
    ///
    /// [`code::REDIRECT`].
    pub fn within(text: &str, site: &HttpUrl) -> Result<Self, Breach> {
        if text.starts_with('/') {
            return Self::parse(text);
        }
        let url = HttpUrl::parse(text).map_err(|_| REDIRECT)?;
        if url.origin() != site.origin() {
            return Err(REDIRECT);
        }
        let base = Url::parse(site.origin()).map_err(|_| REDIRECT)?;
        Self::join(url.as_str(), &base)
    }

    /// Reads a path of this site; whatever is none becomes `/`.
    #[must_use]
    pub fn or_root(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self { text: "/".into() })
    }

    fn join(text: &str, base: &Url) -> Result<Self, Breach> {
        let odd = |c: char| c == '\\' || c.is_whitespace() || c.is_control();
        if text.len() > HttpUrl::MAX || text.contains(odd) {
            return Err(REDIRECT);
        }
        let url = base.join(text).map_err(|_| REDIRECT)?;
        let path = url[url::Position::BeforePath..].to_owned();
        let lost =
            url.origin() != base.origin() || path.starts_with("//") || path.len() > HttpUrl::MAX;
        if lost { Err(REDIRECT) } else { Ok(Self { text: path.into() }) }
    }
}

text_type!([] SafeRedirect);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_leads_to_another_site() {
        let table = [
            ("/", Some("/")),
            ("/exams?page=2#top", Some("/exams?page=2#top")),
            ("/a/../b", Some("/b")),
            ("/\u{e9}", Some("/%C3%A9")),
            ("/search?url=https://evil.example/", Some("/search?url=https://evil.example/")),
            ("/%2F/evil.example", Some("/%2F/evil.example")),
            ("", None),
            ("exams", None),
            ("//evil.example", None),
            ("///evil.example", None),
            ("/\\evil.example", None),
            ("\\/evil.example", None),
            ("/\t/evil.example", None),
            ("/\n/evil.example", None),
            ("\t//evil.example", None),
            (" //evil.example", None),
            ("/.//evil.example", None),
            ("/..//evil.example", None),
            ("/a/..//evil.example", None),
            ("/%2e//evil.example", None),
            ("https://evil.example/", None),
            ("https:evil.example", None),
            ("javascript:alert(1)", None),
            ("@evil.example", None),
            (".evil.example", None),
        ];
        for (text, expected) in table {
            let read = SafeRedirect::parse(text).ok();
            assert_eq!(read.as_ref().map(SafeRedirect::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn a_whole_url_must_be_of_this_origin() {
        let site = HttpUrl::parse("https://portal.example/x").unwrap();
        let table = [
            ("https://portal.example/exams?x", Some("/exams?x")),
            ("https://PORTAL.example:443/", Some("/")),
            ("/exams", Some("/exams")),
            ("http://portal.example/", None),
            ("https://portal.example.evil.example/", None),
            ("https://portal.example@evil.example/", None),
            ("https://portal.example:444/", None),
            ("https://portal.example//evil.example", None),
            ("//portal.example/", None),
        ];
        for (text, expected) in table {
            let read = SafeRedirect::within(text, &site).ok();
            assert_eq!(read.as_ref().map(SafeRedirect::as_str), expected, "{text:?}");
        }
    }
}
