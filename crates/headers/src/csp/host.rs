//! Sources that are a host.

use std::fmt;
use std::str::FromStr;

use crate::ConfigError;

/// A host as a source (CSP 3 2.3.1): `[scheme "://"] host [":" port] [path]`.
///
/// The host is in lower case and may begin with `*.`; a port may be `*`.
///
/// # Example
///
/// ```
/// use palisade_headers::csp::Host;
///
/// assert_eq!("HTTPS://Cdn.Example.com".parse::<Host>()?.to_string(), "https://cdn.example.com");
/// assert!("cdn.example.com; script-src *".parse::<Host>().is_err());
/// # Ok::<(), palisade_headers::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    text: Box<str>,
}

impl Host {
    /// Returns the source as it is written in the header.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.text
    }
}

/// Words that mean something between quotes and a stranger's machine without them.
const KEYWORDS: &[&str] = &[
    "inline-speculation-rules",
    "nonce",
    "none",
    "report-sample",
    "self",
    "strict-dynamic",
    "trusted-types-eval",
    "unsafe-eval",
    "unsafe-hashes",
    "unsafe-inline",
    "wasm-unsafe-eval",
];

impl FromStr for Host {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let refuse = |instead: String| Err(ConfigError::new("CSP source", text, instead));
        let keyword = KEYWORDS.iter().find(|word| text.eq_ignore_ascii_case(word));
        if let Some(word) = keyword {
            return refuse(format!("write '{word}', in single quotes"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'\'' | b'"')) {
            return refuse(
                "write one source: no space, quote, ; or , (in a path they are percent-encoded)"
                    .to_owned(),
            );
        }
        let lower = ["nonce-", "sha256-", "sha384-", "sha512-"];
        if lower.iter().any(|prefix| text.to_ascii_lowercase().starts_with(prefix)) {
            return refuse("write Source::Nonce, or a Hash".to_owned());
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(super::Scheme::new(scheme)?), rest),
            None => (None, text),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (name, port) =
            authority.rsplit_once(':').map_or((authority, None), |(h, p)| (h, Some(p)));
        if !is_host_part(name) {
            return refuse(
                "write a host such as \"https://cdn.example.com\" or \"*.example.com\"; CSP has no \
                 IPv6 addresses, and other scripts are written in their xn-- form"
                    .to_owned(),
            );
        }
        if port.is_some_and(|port| port != "*" && port.parse::<u16>().is_err()) {
            return refuse("write a port of 0 to 65535, or *".to_owned());
        }
        if path.contains(['?', '#']) {
            return refuse("write the path without query and fragment".to_owned());
        }
        let scheme = scheme.map(|scheme| format!("{scheme}//")).unwrap_or_default();
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let text = format!("{scheme}{}{port}{path}", name.to_ascii_lowercase());
        Ok(Self { text: text.into() })
    }
}

fn is_host_part(name: &str) -> bool {
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    labels.split('.').all(label)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
