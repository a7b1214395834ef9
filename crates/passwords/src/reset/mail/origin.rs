//! What links begin with.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;
use zeroize::Zeroizing;

use crate::reset::token::ResetToken;

/// The origin and path of reset links, from the configuration.
///
/// # Security
///
/// Against a poisoned `Host` header: a link has no part that comes from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Up to the token: `https://exams.example.org/reset/`.
    prefix: Box<str>,
}

/// A text that links cannot begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// A link over http can be read on the way.
    #[error("links need https, but for this machine itself (localhost, 127.0.0.1, [::1])")]
    Http,
    /// It is more or less than scheme, host and port.
    #[error("write scheme and host, such as https://exams.example.org, and nothing more")]
    Origin,
    /// The path cannot precede a token.
    #[error("write a path of letters, digits, '-', '_', '.' and '/', from '/' to '/'")]
    Path,
}

impl Origin {
    /// Makes links of an https origin and the path before the token: `https://exams.example.org`
    /// and `/reset/`.
    ///
    /// # Errors
    ///
    /// [`OriginError`], with what to write instead.
    pub fn new(origin: &str, path: &str) -> Result<Self, OriginError> {
        let (read, https) = Self::read(origin, path)?;
        if https || is_this_machine(origin) { Ok(read) } else { Err(OriginError::Http) }
    }

    /// [`new`](Self::new) for http on any host, where a network that nobody else is on replaces TLS.
    ///
    /// # Errors
    ///
    /// [`OriginError`], with what to write instead.
    pub fn insecure_http(origin: &str, path: &str) -> Result<Self, OriginError> {
        Self::read(origin, path).map(|(read, _)| read)
    }

    fn read(origin: &str, path: &str) -> Result<(Self, bool), OriginError> {
        let uri: Uri = origin.parse().map_err(|_| OriginError::Origin)?;
        let https = uri.scheme() == Some(&Scheme::HTTPS);
        if !https && uri.scheme() != Some(&Scheme::HTTP) {
            return Err(OriginError::Origin);
        }
        let authority = uri.authority().ok_or(OriginError::Origin)?.as_str();
        let host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if uri.host().is_none_or(str::is_empty) || !authority.bytes().all(host) || !bare {
            return Err(OriginError::Origin);
        }
        let port = authority.get(uri.host().unwrap_or_default().len()..).unwrap_or_default();
        let fits = port.is_empty() || uri.port_u16().is_some_and(|port| port != 0);
        if !fits || origin.contains('#') || origin.len() > 300 {
            return Err(OriginError::Origin);
        }
        let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        let framed = path.starts_with('/') && path.ends_with('/') && !path.starts_with("//");
        if !framed || path.len() > 200 || !path.bytes().all(sign) {
            return Err(OriginError::Path);
        }
        let scheme = if https { "https" } else { "http" };
        let prefix = format!("{scheme}://{}{path}", authority.to_ascii_lowercase()).into();
        Ok((Self { prefix }, https))
    }

    /// The link of a token, in a buffer of exactly its length.
    pub(super) fn link(&self, token: &ResetToken) -> Zeroizing<String> {
        let text = token.text();
        let length = self.prefix.len().saturating_add(text.len());
        let mut link = Zeroizing::new(String::with_capacity(length));
        link.push_str(&self.prefix);
        link.push_str(&text);
        link
    }
}

fn is_this_machine(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    uri.host().is_some_and(is_loopback)
}

/// Whether a host is this machine itself, by its name or its address.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_origins_and_refuses_everything_else() {
        let (origin, path) = (Err(OriginError::Origin), Err(OriginError::Path));
        let table = [
            ("https://Exams.Example.ORG", "/reset/", Ok("https://exams.example.org/reset/")),
            ("https://exams.example.org/", "/a/b-c/", Ok("https://exams.example.org/a/b-c/")),
            ("https://[2001:db8::1]:8443", "/", Ok("https://[2001:db8::1]:8443/")),
            ("http://localhost:8080", "/reset/", Ok("http://localhost:8080/reset/")),
            ("http://127.0.0.1:8080", "/reset/", Ok("http://127.0.0.1:8080/reset/")),
            ("http://[::1]", "/reset/", Ok("http://[::1]/reset/")),
            ("http://exams.example.org", "/reset/", Err(OriginError::Http)),
            ("http://localhost.example.org", "/reset/", Err(OriginError::Http)),
            ("ftp://exams.example.org", "/", origin),
            ("exams.example.org", "/", origin),
            ("https://", "/", origin),
            ("https://a@exams.example.org", "/", origin),
            ("https://exams.example.org:0", "/", origin),
            ("https://exams.example.org:", "/", origin),
            ("https://exams.example.org:99999", "/", origin),
            ("https://exams.example.org/portal", "/", origin),
            ("https://exams.example.org?a=b", "/", origin),
            ("https://exams.example.org#a", "/", origin),
            ("https://exams.example.org\r\nBcc: a", "/", origin),
            ("https://exams_example.org", "/", origin),
            ("https://exams.example.org", "reset/", path),
            ("https://exams.example.org", "/reset", path),
            ("https://exams.example.org", "//evil.example/", path),
            ("https://exams.example.org", "/a\r\n/", path),
            ("https://exams.example.org", "/a?b=/", path),
        ];
        for (text, path, expected) in table {
            let read = Origin::new(text, path).map(|origin| origin.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        }
        assert!(Origin::insecure_http("http://exams.example.org", "/reset/").is_ok());
    }
}
