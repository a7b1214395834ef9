//! Names of hosts, strictly.

mod authority;
mod of_request;
mod text;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

pub use authority::Authority;
pub use of_request::{HostError, authority_of};

use text::HostText;

/// A valid host: a domain name or an address, in the one form in which it is compared.
///
/// Lower case, without the final dot of a rooted name, IPv6 in brackets and shortened as RFC 5952
/// has it. `example.com`, `EXAMPLE.COM.` and so on are one and the same host.
///
/// # Cost
///
/// Names of up to 56 bytes live in the value itself; longer ones are one shared allocation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Host {
    text: HostText,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Address,
    Name,
}

impl Host {
    /// Reads a host without port; `None` if it is none.
    ///
    /// Letters, digits and inner hyphens in labels of 1 to 63 bytes, 253 in all (RFC 1123 2.1); a
    /// name that ends in a number is an IPv4 address or invalid, as the URL standard has it, so
    /// that nobody reads `127.1` in two ways.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if let Some(bracketed) = text.strip_prefix(b"[") {
            let inside = std::str::from_utf8(bracketed.strip_suffix(b"]")?).ok()?;
            let address: Ipv6Addr = inside.parse().ok()?;
            return Some(Self {
                text: HostText::format(format_args!("[{address}]"))?,
                kind: Kind::Address,
            });
        }
        let name = text.strip_suffix(b".").unwrap_or(text);
        if name.len() > 253 || !name.split(|byte| *byte == b'.').all(is_label) {
            return None;
        }
        let ends_in_number = name.rsplit(|byte| *byte == b'.').next().is_some_and(is_number);
        let kind = if ends_in_number {
            let _: Ipv4Addr = std::str::from_utf8(name).ok()?.parse().ok()?;
            Kind::Address
        } else {
            Kind::Name
        };
        Some(Self { text: HostText::lower_case(name)?, kind })
    }

    /// Returns the host as it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Tells whether this is an IP address and not a name.
    #[must_use]
    pub const fn is_address(&self) -> bool {
        matches!(self.kind, Kind::Address)
    }
}

/// Letters, digits and hyphens, with a letter or digit at both ends.
fn is_label(label: &[u8]) -> bool {
    let ends = label.first().zip(label.last());
    label.len() <= 63
        && ends.is_some_and(|(first, last)| *first != b'-' && *last != b'-')
        && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// Tells whether a URL parser would take the label for a number: `1`, `0x7f`.
fn is_number(label: &[u8]) -> bool {
    match label {
        [b'0', b'x' | b'X', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
