//! Links that can be shown and followed.

use url::{Host, Url};

use crate::issue::{Breach, code};
use crate::macros::text_type;
use crate::text::Bytes;

const URL: Breach = Breach::new(code::URL);

/// An absolute `http` or `https` URL, in the one form that the WHATWG URL standard gives it.
///
/// Refused are other schemes (`javascript:`, `data:`, `file:`), white space, controls and
/// backslashes, which that standard strips or rewrites in silence, user information (`https://you@me/`),
/// addresses in another spelling than dotted decimals (`http://2130706433/`), and more than 2048
/// bytes.
///
/// # Security
///
/// Safe to show as a link. It is not safe to fetch from a server: the host may resolve to an address
/// inside your network.
///
/// # Example
///
/// ```
/// use palisade_input_validation::HttpUrl;
///
/// let url: HttpUrl = "https://Example.com:443/a/../b".parse()?;
/// assert_eq!(url.as_str(), "https://example.com/b");
/// assert!("javascript:alert(1)".parse::<HttpUrl>().is_err());
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
///
/// # Cost
///
/// One pass and one allocation for plain https URLs in lower case, whose form is already that of
/// the standard; all others pay for its parser.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HttpUrl {
    text: Box<str>,
}

impl HttpUrl {
    /// The most bytes that a URL has.
    pub const MAX: usize = 2048;

    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`code::URL`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        if text.len() > Self::MAX {
            return Err(URL);
        }
        if is_plain(text.as_bytes()) {
            return Ok(Self { text: text.into() });
        }
        let url = read(text).ok_or(URL)?;
        if url.as_str().len() > Self::MAX {
            Err(URL)
        } else {
            Ok(Self { text: String::from(url).into() })
        }
    }

    /// Returns the scheme, host and port, as in `Origin` (RFC 6454 6.2).
    #[must_use]
    pub fn origin(&self) -> &str {
        let start = self.text.find("://").map_or(0, |at| at.saturating_add(3));
        let rest = self.text.get(start..).unwrap_or_default();
        let end = rest.find(['/', '?', '#']).map_or(self.text.len(), |at| at.saturating_add(start));
        self.text.get(..end).unwrap_or_default()
    }

    /// Tells whether the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }
}

text_type!([] HttpUrl);

/// Parses by the standard and compares with what was written.
fn read(text: &str) -> Option<Url> {
    if text.bytes().any(|byte| byte <= b' ' || byte == b'\\' || byte == 0x7f)
        || text.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        return None;
    }
    // The parser takes `https:example.com` and `https:///example.com` as well.
    let (scheme, rest) = text.split_once("://")?;
    let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if !known || rest.starts_with('/') {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    match url.host()? {
        Host::Domain(name) => is_name(name).then_some(url),
        Host::Ipv4(address) => {
            let written = address.to_string();
            let after = authority.strip_prefix(written.as_str())?;
            (after.is_empty() || after.starts_with(':')).then_some(url)
        }
        Host::Ipv6(_) => Some(url),
    }
}

/// Names that resolvers know: labels of letters, digits, `-` and `_`.
fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 253
        && name.split('.').all(|label| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            (1..=63).contains(&label.len()) && label.bytes().all(known)
        })
}

/// Recognises URLs that the parser would give back as they are: nothing in them has a second reading.
fn is_plain(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"https://") else { return false };
    let path = plain_host(rest).and_then(|host| rest.get(host..));
    path.is_some_and(is_plain_path)
}

/// Returns the length of a host, up to the path: labels of small letters, digits and single hyphens,
/// since `xn--` and whatever comes after it has a meaning, the last one of letters.
fn plain_host(text: &[u8]) -> Option<usize> {
    let (mut length, mut is_word, mut before) = (0_usize, true, b'.');
    for (at, byte) in text.iter().enumerate() {
        let inside = !matches!(before, b'.' | b'-');
        length = length.saturating_add(1);
        match byte {
            b'a'..=b'z' => {}
            b'0'..=b'9' => is_word = false,
            b'-' if inside => is_word = false,
            b'.' if inside => (length, is_word) = (0, true),
            b'/' if inside => return (is_word && at <= 253).then_some(at),
            _ => return None,
        }
        if length > 63 {
            return None;
        }
        before = *byte;
    }
    None
}

/// No segment of dots, nothing to escape; one query may follow.
fn is_plain_path(path: &[u8]) -> bool {
    let mut before = 0;
    for (at, byte) in path.iter().enumerate() {
        if !PATH.has(*byte) || (*byte == b'.' && before == b'/') {
            let query = path.get(at.saturating_add(1)..).unwrap_or_default();
            return *byte == b'?' && query.iter().all(|byte| QUERY.has(*byte));
        }
        before = *byte;
    }
    true
}

const PATH: Bytes = Bytes::alphanumeric_and(b"-_~/.");
const QUERY: Bytes = Bytes::alphanumeric_and(b"=&-_.~+");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_form_and_no_second_reading() {
        let table = [
            ("https://example.com/", Some("https://example.com/")),
            ("https://example.com", Some("https://example.com/")),
            ("HTTPS://EXAMPLE.com/A", Some("https://example.com/A")),
            ("http://example.com:80/x", Some("http://example.com/x")),
            ("https://example.com:8443/x?y=z#w", Some("https://example.com:8443/x?y=z#w")),
            ("https://example.com/a/./b/../c", Some("https://example.com/a/c")),
            ("https://example.com/\u{e9}", Some("https://example.com/%C3%A9")),
            ("https://b\u{fc}cher.example/", Some("https://xn--bcher-kva.example/")),
            ("https://192.0.2.1:81/", Some("https://192.0.2.1:81/")),
            ("https://[2001:db8::1]/", Some("https://[2001:db8::1]/")),
            ("https://example.com/?next=@x", Some("https://example.com/?next=@x")),
            ("javascript:alert(1)", None),
            ("JavaScript://example.com/%0aalert(1)", None),
            ("data:text/html,x", None),
            ("file:///etc/passwd", None),
            ("ftp://example.com/", None),
            ("//example.com/", None),
            ("/path", None),
            ("example.com", None),
            ("https:example.com", None),
            ("https:/example.com/", None),
            ("https:///example.com/", None),
            ("https:\\\\example.com/", None),
            ("https://example.com\\@evil.example/", None),
            (" https://example.com/", None),
            ("https://example.com/ ", None),
            ("ht\ntps://example.com/", None),
            ("https://exa\tmple.com/", None),
            ("https://example.com/\u{85}", None),
            ("https://example.com/a b", None),
            ("https://user@example.com/", None),
            ("https://user:pass@example.com/", None),
            ("https://@example.com/", None),
            ("http://2130706433/", None),
            ("http://0x7f.1/", None),
            ("http://127.1/", None),
            ("http://0177.0.0.1/", None),
            ("https://a.1/", None),
            ("https:///", None),
            ("https://?x", None),
            ("https://a..b/", None),
            ("https://example.com:99999/", None),
            ("https://exa%6dple.com%00/", None),
        ];
        for (text, expected) in table {
            let read = HttpUrl::parse(text).ok();
            assert_eq!(read.as_ref().map(HttpUrl::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn the_short_way_gives_what_the_parser_gives() {
        for text in [
            "https://example.com/",
            "https://a-b.c1.example/x/y.html?a=b&c=d+e",
            "https://example.com/a..b/c.",
            "https://example.com//x",
        ] {
            assert!(is_plain(text.as_bytes()), "{text}");
            assert_eq!(Url::parse(text).unwrap().as_str(), text);
        }
        for text in
            ["https://xn--a.example/", "https://a.1/", "https://a.com/./b", "https://a.com/%2e/"]
        {
            assert!(!is_plain(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_origin_ends_where_the_path_begins() {
        let url = HttpUrl::parse("https://example.com:8443?x=http://y/").unwrap();
        assert_eq!(url.origin(), "https://example.com:8443");
    }
}
