//! A host and perhaps a port.

use std::fmt;

use super::Host;
use crate::address::port;

/// A host with the port that was written behind it, as in `Host` (RFC 9110 7.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Authority {
    host: Host,
    port: Option<u16>,
}

impl Authority {
    pub(crate) const fn new(host: Host, port: Option<u16>) -> Self {
        Self { host, port }
    }

    /// Reads `host` or `host:port`; `None` for anything else, among it user information, a path,
    /// an empty port and port 0.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let after_brackets = text.iter().rposition(|byte| *byte == b']').unwrap_or(0);
        let colon = text.iter().rposition(|byte| *byte == b':').filter(|at| *at > after_brackets);
        let Some(colon) = colon else {
            return Some(Self { host: Host::parse(text)?, port: None });
        };
        let (host, digits) = text.split_at_checked(colon)?;
        let port = port(digits.strip_prefix(b":")?).filter(|port| *port != 0)?;
        Some(Self { host: Host::parse(host)?, port: Some(port) })
    }

    /// Returns the host.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Returns the port that was written.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    pub(crate) fn into_parts(self) -> (Host, Option<u16>) {
        (self.host, self.port)
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_form_for_each_host() {
        let table = [
            ("example.com", Some("example.com")),
            ("EXAMPLE.com.", Some("example.com")),
            ("Example.Com.:8080", Some("example.com:8080")),
            ("localhost", Some("localhost")),
            ("xn--bcher-kva.example", Some("xn--bcher-kva.example")),
            ("a-b.c1", Some("a-b.c1")),
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("[::1]", Some("[::1]")),
            ("[0:0:0:0:0:0:0:1]:443", Some("[::1]:443")),
            ("[2001:DB8::A]", Some("[2001:db8::a]")),
            ("", None),
            (".", None),
            (".example.com", None),
            ("example..com", None),
            ("example.com..", None),
            ("-example.com", None),
            ("example-.com", None),
            ("exa_mple.com", None),
            ("user@example.com", None),
            ("example.com/path", None),
            ("example.com?x", None),
            ("example.com#x", None),
            ("example.com\\x", None),
            ("example.com:", None),
            ("example.com:0", None),
            ("example.com:65536", None),
            ("example.com:080x", None),
            ("example.com:-1", None),
            ("example.com:80:80", None),
            ("example.com, example.org", None),
            ("example .com", None),
            ("b\u{fc}cher.example", None),
            ("127.1", None),
            ("127.0.0.01", None),
            ("256.0.0.1", None),
            ("0x7f.0.0.1", None),
            ("example.0x7f", None),
            ("2130706433", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]x", None),
            ("[::1%eth0]", None),
            ("[127.0.0.1]", None),
            ("[]", None),
        ];
        for (text, expected) in table {
            let parsed = Authority::parse(text.as_bytes()).map(|authority| authority.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_label_has_63_bytes_and_a_name_253() {
        let label = "a".repeat(63);
        let long = [label.as_str(); 4].join(".");
        assert!(Host::parse(label.as_bytes()).is_some());
        assert!(Host::parse(format!("{label}a").as_bytes()).is_none());
        assert_eq!(long.len(), 255);
        assert!(Host::parse(long.as_bytes()).is_none());
        let fits = long.get(..253).unwrap().to_ascii_uppercase();
        assert_eq!(Host::parse(fits.as_bytes()).unwrap().as_str(), &long[..253]);
    }
}
