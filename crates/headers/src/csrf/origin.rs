//! Origins in configuration.

use std::fmt;
use std::str::FromStr;

use palisade_edge::hosts::Authority;

use crate::ConfigError;

/// A web origin in the form in which browsers send it (RFC 6454 6.2): scheme, host in lower case,
/// and a port only where it is not the scheme's own.
///
/// # Example
///
/// ```
/// use palisade_headers::csrf::Origin;
///
/// assert_eq!("https://Admin.Example.com:443".parse::<Origin>()?.to_string(), "https://admin.example.com");
/// assert!("https://admin.example.com/path".parse::<Origin>().is_err());
/// # Ok::<(), palisade_headers::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    text: Box<str>,
}

impl Origin {
    /// Returns the origin as browsers send it.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Origin {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let refuse = |instead: &str| Err(ConfigError::new("origin", text, instead));
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("write scheme and host, as in \"https://admin.example.com\"");
        };
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return refuse("write http:// or https://"),
        };
        if rest.contains(['/', '?', '#']) {
            return refuse("leave out everything behind the host and port, the last / too");
        }
        if rest.contains('@') {
            return refuse("leave out user and password");
        }
        if !rest.is_ascii() {
            return refuse("write the host in its xn-- form");
        }
        let Some(authority) = Authority::parse(rest.as_bytes()) else {
            return refuse("write a host name or address, and a port of 0 to 65535 if it has one");
        };
        let port = authority.port().filter(|port| *port != default_port);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self { text: format!("{scheme}://{}{port}", authority.host()).into() })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
