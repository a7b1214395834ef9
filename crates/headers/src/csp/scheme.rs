//! Sources that are a scheme.

use std::fmt;

use crate::ConfigError;

/// A scheme as a source: everything under `https:`, `data:`, `blob:` and so on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scheme {
    name: Box<str>,
}

impl Scheme {
    /// Takes a scheme by its name, without the colon.
    ///
    /// # Errors
    ///
    /// A name that is not a letter and then letters, digits, `+`, `-` (RFC 3986 3.1; with a dot it
    /// would be a host whose port was forgotten).
    pub fn new(name: &str) -> Result<Self, ConfigError> {
        let rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.bytes().all(rest) {
            let instead = "write the scheme alone, as in \"https\"";
            return Err(ConfigError::new("CSP scheme", name, instead));
        }
        Ok(Self { name: name.to_ascii_lowercase().into() })
    }

    /// Returns the name without the colon, in lower case.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether an attacker who can only write markup can make such an address.
    pub(crate) fn is_made_by_pages(&self) -> bool {
        matches!(self.name(), "data" | "blob" | "filesystem" | "javascript")
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.name)
    }
}
