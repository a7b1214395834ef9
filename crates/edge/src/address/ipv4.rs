//! IPv4 from bytes.

use std::net::Ipv4Addr;

/// Reads four decimal numbers without leading zeros (RFC 3986 3.2.2, `IPv4address`).
///
/// Returns the address and what follows it. The standard library would want a `str` and the end of
/// the address beforehand; this is the path of almost every hop.
#[inline]
pub(super) fn parse_prefix(text: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let (a, rest) = octet(text)?;
    let (b, rest) = octet(rest.strip_prefix(b".")?)?;
    let (c, rest) = octet(rest.strip_prefix(b".")?)?;
    let (d, rest) = octet(rest.strip_prefix(b".")?)?;
    Some((Ipv4Addr::new(a, b, c, d), rest))
}

/// Reads 0 to 255; a leading zero is octal for some readers, so it ends the number.
#[inline]
fn octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let number = |hundreds: &u8, tens: &u8, ones: &u8| {
        let digit = |byte: &u8| u32::from(byte.wrapping_sub(b'0'));
        let tens = digit(hundreds).wrapping_mul(10).wrapping_add(digit(tens));
        u8::try_from(tens.wrapping_mul(10).wrapping_add(digit(ones))).ok()
    };
    match text {
        [a @ b'1'..=b'2', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
            Some((number(a, b, c)?, rest))
        }
        [a @ b'1'..=b'9', b @ b'0'..=b'9', rest @ ..] => Some((number(&b'0', a, b)?, rest)),
        [a @ b'0'..=b'9', rest @ ..] => Some((number(&b'0', &b'0', a)?, rest)),
        _ => None,
    }
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
