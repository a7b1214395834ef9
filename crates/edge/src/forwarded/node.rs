//! Who asked, as `for` and `by` name them.

use std::net::IpAddr;

use super::Value;
use crate::address::{HopError, identify, is_port, parse_address};

/// A node identifier without its port (RFC 7239 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete by RFC 7239 section 6")]
pub enum Node {
    /// An address, in its canonical form: IPv4 if it is IPv4 by its bits.
    Address(IpAddr),
    /// An identifier that a proxy made up to hide the address (`_hidden`).
    Obfuscated,
    /// The proxy does not know (`unknown`).
    Unknown,
}

impl Node {
    pub(super) fn parse(value: Value<'_>) -> Result<Self, HopError> {
        let mut buffer = [0; MAX_NODE];
        let text = value.unescape(&mut buffer).ok_or(HopError::Malformed)?;
        if let Some(rest) = strip_unknown(text) {
            return port_or_nothing(rest).map(|()| Self::Unknown);
        }
        if let Some(rest) = text.strip_prefix(b"_") {
            let name = rest.iter().take_while(|byte| is_obfuscated(**byte)).count();
            let (name, rest) = rest.split_at_checked(name).ok_or(HopError::Malformed)?;
            let valid = !name.is_empty();
            return port_or_nothing(rest).and(if valid {
                Ok(Self::Obfuscated)
            } else {
                Err(HopError::Malformed)
            });
        }
        let (address, port) = parse_address(text).ok_or(HopError::Malformed)?;
        let bracketed = text.first() == Some(&b'[');
        if address.is_ipv6() && !bracketed || port.is_some_and(|port| !is_node_port(port)) {
            return Err(HopError::Malformed);
        }
        identify(address).map(Self::Address)
    }
}

/// The longest address with zone, brackets and port that anybody writes is far shorter.
const MAX_NODE: usize = 128;

fn strip_unknown(text: &[u8]) -> Option<&[u8]> {
    let (word, rest) = text.split_at_checked(b"unknown".len())?;
    word.eq_ignore_ascii_case(b"unknown").then_some(rest)
}

fn port_or_nothing(rest: &[u8]) -> Result<(), HopError> {
    match rest.split_first() {
        None => Ok(()),
        Some((b':', port)) if is_node_port(port) => Ok(()),
        Some(_) => Err(HopError::Malformed),
    }
}

/// `node-port = port / obfport`
fn is_node_port(port: &[u8]) -> bool {
    match port.strip_prefix(b"_") {
        Some(name) => !name.is_empty() && name.iter().all(|byte| is_obfuscated(*byte)),
        None => is_port(port),
    }
}

const fn is_obfuscated(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
