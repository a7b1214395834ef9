//! The origin that people type.

use std::fmt;

use http::Uri;
use http::uri::Scheme;

use super::value::Wrong;

/// An http or https origin without path: what links and redirects begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicUrl {
    https: bool,
    host: String,
    port: Option<u16>,
}

impl PublicUrl {
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let form = "write scheme and host, such as https://exams.example.org";
        let uri: Uri = text.parse().map_err(|_| Wrong::new("is not a URL", form))?;
        let https = if uri.scheme() == Some(&Scheme::HTTPS) {
            true
        } else if uri.scheme() == Some(&Scheme::HTTP) {
            false
        } else {
            return Err(Wrong::new("is not an http or https URL", form));
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(Wrong::new("carries a user name", form));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err(Wrong::new("has more than scheme, host and port", form));
        }
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16();
        let whole = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        if !is_host(host) || whole != authority || port == Some(0) {
            return Err(Wrong::new("has no valid host", form));
        }
        Ok(Self { https, host: host.to_ascii_lowercase(), port })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// A bracketed IPv6 address or a name of letters, digits, hyphens and dots (RFC 3986 3.2.2, narrowed).
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    host.len() <= 253
        && host.split('.').all(|label| {
            let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_origins_and_writes_them_in_one_form() {
        let table = [
            ("https://exams.example.org", "https://exams.example.org"),
            ("https://Exams.Example.ORG/", "https://exams.example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            ("http://192.0.2.7", "http://192.0.2.7"),
        ];
        for (text, expected) in table {
            assert_eq!(PublicUrl::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_origin() {
        let table = [
            "",
            "exams.example.org",
            "//exams.example.org",
            "ftp://exams.example.org",
            "https://",
            "https://exams.example.org/portal",
            "https://exams.example.org?x=1",
            "https://user:pw@exams.example.org",
            "https://exams.example.org:99999",
            "https://exams.example.org:",
            "https://exams.example.org:0",
            "https://-a.example",
            "https://a..example",
            "https://a_b.example",
            "https://exams.example.org/#x",
            "https://[::1",
            "https://ex ams.example.org",
            "javascript:alert(1)",
        ];
        for text in table {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
