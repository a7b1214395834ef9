//! IPv4 from bytes.

use std::net::Ipv4Addr;

/// Reads four decimal numbers without leading zeros (RFC 3986 3.2.2, `IPv4address`).
///
/// Returns the address and what follows it. The standard library would want a `str` and the end of
/// the address beforehand; this is the path of almost every hop.
pub(super) fn parse_prefix(text: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let (a, rest) = octet(text)?;
    let (b, rest) = octet(rest.strip_prefix(b".")?)?;
    let (c, rest) = octet(rest.strip_prefix(b".")?)?;
    let (d, rest) = octet(rest.strip_prefix(b".")?)?;
    Some((Ipv4Addr::new(a, b, c, d), rest))
}

fn octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, mut rest) = digit(text)?;
    let mut value = first;
    while let Some((next, after)) = digit(rest) {
        if value == 0 {
            return None; // a leading zero: octal for some readers, decimal for others
        }
        value = value.checked_mul(10)?.checked_add(next)?;
        rest = after;
    }
    Some((value, rest))
}

fn digit(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = text.split_first()?;
    let value = first.wrapping_sub(b'0');
    (value < 10).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &[u8]) -> Option<Ipv4Addr> {
        parse_prefix(text).filter(|(_, rest)| rest.is_empty()).map(|(address, _)| address)
    }

    #[test]
    fn returns_what_follows_the_address() {
        assert_eq!(parse_prefix(b"192.0.2.1:80"), Some((Ipv4Addr::new(192, 0, 2, 1), &b":80"[..])));
        assert_eq!(parse_prefix(b"192.0.2.1."), Some((Ipv4Addr::new(192, 0, 2, 1), &b"."[..])));
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(text in "[0-9]{1,4}(\\.[0-9]{1,4}){2,4}|[0-9.]{0,16}") {
            prop_assert_eq!(whole(text.as_bytes()), text.parse().ok());
        }
    }
}
