//! One hop of a forwarding list.

use std::net::{IpAddr, Ipv6Addr};

use super::{identify, ipv4};

/// Why a hop names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HopError {
    Malformed,
    Obfuscated,
    Unknown,
    Unspecified,
}

/// Reads an element of `X-Forwarded-For` or a header with one address: an address or `unknown`.
#[inline]
pub(crate) fn parse_hop(text: &[u8]) -> Result<IpAddr, HopError> {
    if let Some((address, [])) = ipv4::parse_prefix(text) {
        return identify(IpAddr::V4(address)); // nearly every hop
    }
    parse_other_hop(text)
}

/// The rarer forms, out of the way of the other one.
#[inline(never)]
fn parse_other_hop(text: &[u8]) -> Result<IpAddr, HopError> {
    match parse_address(text) {
        Some((address, None)) => identify(address),
        Some((address, Some(port))) if is_port(port) => identify(address),
        None if text.eq_ignore_ascii_case(b"unknown") => Err(HopError::Unknown),
        _ => Err(HopError::Malformed),
    }
}

/// Reads `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
///
/// Returns the address and the text of the port, which differs between headers. A zone identifier
/// (RFC 4007 section 11) means something on one machine only: it is read and dropped.
pub(crate) fn parse_address(text: &[u8]) -> Option<(IpAddr, Option<&[u8]>)> {
    if let Some((address, rest)) = ipv4::parse_prefix(text) {
        return with_port(IpAddr::V4(address), rest);
    }
    if let Some(bracketed) = text.strip_prefix(b"[") {
        let end = bracketed.iter().position(|byte| *byte == b']')?;
        let (inside, rest) = bracketed.split_at_checked(end)?;
        return with_port(IpAddr::V6(ipv6(inside)?), rest.strip_prefix(b"]")?);
    }
    Some((IpAddr::V6(ipv6(text)?), None))
}

fn with_port(address: IpAddr, rest: &[u8]) -> Option<(IpAddr, Option<&[u8]>)> {
    if rest.is_empty() {
        return Some((address, None));
    }
    Some((address, Some(rest.strip_prefix(b":")?)))
}

fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    let address = match text.iter().position(|byte| *byte == b'%') {
        None => text,
        Some(at) => {
            let (address, zone) = text.split_at_checked(at)?;
            let zone = zone.strip_prefix(b"%")?;
            let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~-%".contains(byte);
            if zone.is_empty() || !zone.iter().all(known) {
                return None;
            }
            address
        }
    };
    std::str::from_utf8(address).ok()?.parse().ok()
}

/// Tells whether the text is a port number.
pub(crate) fn is_port(text: &[u8]) -> bool {
    port(text).is_some()
}

/// Reads one to five digits as a port number.
pub(crate) fn port(text: &[u8]) -> Option<u16> {
    if text.is_empty() || text.len() > 5 {
        return None;
    }
    text.iter().try_fold(0_u16, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'))?;
        value.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_in_which_proxies_write_a_hop() {
        let table = [
            ("192.0.2.1", Ok("192.0.2.1")),
            ("192.0.2.1:47011", Ok("192.0.2.1")),
            ("2001:db8::1", Ok("2001:db8::1")),
            ("[2001:db8::1]", Ok("2001:db8::1")),
            ("[2001:db8::1]:443", Ok("2001:db8::1")),
            ("::ffff:192.0.2.1", Ok("192.0.2.1")),
            ("::ffff:c000:201", Ok("192.0.2.1")),
            ("[::ffff:192.0.2.1]:80", Ok("192.0.2.1")),
            ("fe80::1%eth0", Ok("fe80::1")),
            ("[fe80::1%25eth0]:80", Ok("fe80::1")),
            ("unknown", Err(HopError::Unknown)),
            ("Unknown", Err(HopError::Unknown)),
            ("0.0.0.0", Err(HopError::Unspecified)),
            ("::", Err(HopError::Unspecified)),
            ("[::]:80", Err(HopError::Unspecified)),
            ("::ffff:0.0.0.0", Err(HopError::Unspecified)),
            ("", Err(HopError::Malformed)),
            ("192.0.2", Err(HopError::Malformed)),
            ("192.0.2.01", Err(HopError::Malformed)),
            ("192.0.2.256", Err(HopError::Malformed)),
            ("192.0.2.1:", Err(HopError::Malformed)),
            ("192.0.2.1:70000", Err(HopError::Malformed)),
            ("192.0.2.1:+80", Err(HopError::Malformed)),
            ("192.0.2.1%eth0", Err(HopError::Malformed)),
            ("192.0.2.1 192.0.2.2", Err(HopError::Malformed)),
            ("0x7f.0.0.1", Err(HopError::Malformed)),
            ("[192.0.2.1]", Err(HopError::Malformed)),
            ("[2001:db8::1", Err(HopError::Malformed)),
            ("[2001:db8::1]443", Err(HopError::Malformed)),
            ("2001:db8::1%", Err(HopError::Malformed)),
            ("fe80::1%et h0", Err(HopError::Malformed)),
            ("\"192.0.2.1\"", Err(HopError::Malformed)),
            ("_hidden", Err(HopError::Malformed)),
            ("localhost", Err(HopError::Malformed)),
        ];
        for (text, expected) in table {
            let expected = expected.map(|address| address.parse::<IpAddr>().unwrap());
            assert_eq!(parse_hop(text.as_bytes()), expected, "{text:?}");
        }
    }
}
