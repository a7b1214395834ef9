//! The origin that people type.

use std::fmt;

use http::Uri;
use http::uri::Scheme;
use palisade_edge::hosts::{Authority, Host};

use super::value::Wrong;

/// An http or https origin without path: what links and redirects begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    https: bool,
    host: Host,
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
        // The grammar by which requests are compared with it.
        let authority = Authority::parse(authority.as_bytes())
            .ok_or_else(|| Wrong::new("has no valid host", form))?;
        Ok(Self { https, host: authority.host().clone(), port: authority.port() })
    }

    pub(crate) const fn is_https(&self) -> bool {
        self.https
    }

    pub(crate) fn host(&self) -> &str {
        self.host.as_str()
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
            "http://127.1",
            "http://a.0x7f",
            "http://[::1%25lo]",
        ];
        for text in table {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
