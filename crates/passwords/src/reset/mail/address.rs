//! Where a mail may go.

use std::fmt;

/// A mail address that is safe in an envelope and in a header.
///
/// The local part is a dot-atom of ASCII (RFC 5322 3.2.3), the domain is a name of letters, digits
/// and hyphens, kept in lower case; international domains are written as A-labels (`xn--...`).
/// Quoted local parts, address literals and comments, which no sign-up form needs, are refused.
///
/// # Security
///
/// Against header injection, and against addresses that only look alike: `mike` with a dotless i
/// is no address, so it cannot collide with `mike` in a comparison that folds case (the mistake of
/// CVE-2019-19844).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    text: Box<str>,
    at: usize,
}

/// A text that is not taken as a mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// What follows the last `@` is no host name.
    #[error("the domain is not a host name in ASCII; write international ones as xn--...")]
    Domain,
    /// There is no `@`.
    #[error("an address has the form name@domain")]
    Form,
    /// What precedes the `@` is not a dot-atom.
    #[error("the name holds more than ASCII letters, digits, dots and !#$%&'*+-/=?^_`{{|}}~")]
    Local,
    /// It is longer than SMTP carries (RFC 5321 4.5.3.1).
    #[error("an address has at most 254 bytes, of these 64 before the @")]
    Long,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`AddressError`], which does not repeat it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Form)?;
        if text.len() > 254 || local.len() > 64 {
            return Err(AddressError::Long);
        }
        if !is_dot_atom(local) {
            return Err(AddressError::Local);
        }
        if !is_domain(domain) {
            return Err(AddressError::Domain);
        }
        let text = format!("{local}@{}", domain.to_ascii_lowercase());
        Ok(Self { text: text.into(), at: local.len() })
    }

    /// Returns the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns what precedes the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// Returns what follows the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.get(self.at.saturating_add(1)..).unwrap_or_default()
    }

    /// Returns the form by which accounts are stored and looked up: ASCII in lower case, so that no
    /// two different characters are equal in it but the letters of ASCII.
    #[must_use]
    pub fn key(&self) -> String {
        self.text.to_ascii_lowercase()
    }
}

fn is_dot_atom(local: &str) -> bool {
    let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(atext))
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.split('.').all(label)
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.text).finish()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_and_refuses_what_could_be_read_twice() {
        let table = [
            ("ada@example.org", Ok("ada@example.org")),
            ("Ada.L+exam@Example.ORG", Ok("Ada.L+exam@example.org")),
            ("root@localhost", Ok("root@localhost")),
            ("a@xn--bcher-kva.example", Ok("a@xn--bcher-kva.example")),
            ("ada", Err(AddressError::Form)),
            ("", Err(AddressError::Form)),
            ("@example.org", Err(AddressError::Local)),
            ("ada@", Err(AddressError::Domain)),
            ("a..b@example.org", Err(AddressError::Local)),
            (".a@example.org", Err(AddressError::Local)),
            ("a b@example.org", Err(AddressError::Local)),
            ("\"a b\"@example.org", Err(AddressError::Local)),
            ("a@b@example.org", Err(AddressError::Local)),
            ("ada@example.org\r\nBcc: eve@example.org", Err(AddressError::Local)),
            ("ada\r\nBcc: eve@example.org", Err(AddressError::Local)),
            ("ada@example.org\r\nSubject: x", Err(AddressError::Domain)),
            ("ada@example.org>", Err(AddressError::Domain)),
            ("ada@[192.0.2.1]", Err(AddressError::Domain)),
            ("ada@-example.org", Err(AddressError::Domain)),
            ("ada@example..org", Err(AddressError::Domain)),
            ("m\u{131}ke@example.org", Err(AddressError::Local)),
            ("mike@\u{212a}elvin.example", Err(AddressError::Domain)),
        ];
        for (text, expected) in table {
            let read = Address::parse(text);
            assert_eq!(read.as_ref().map(Address::as_str), expected.as_ref().copied(), "{text}");
        }
        assert_eq!(
            Address::parse(&format!("{}@example.org", "a".repeat(65))),
            Err(AddressError::Long)
        );
    }

    #[test]
    fn the_key_folds_ascii_letters_alone() {
        let address = Address::parse("Ada.Lovelace@EXAMPLE.org").unwrap();
        assert_eq!(address.key(), "ada.lovelace@example.org");
        assert_eq!((address.local(), address.domain()), ("Ada.Lovelace", "example.org"));
    }
}
