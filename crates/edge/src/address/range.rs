//! Ranges of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ConfigError;

/// One range, in the family that its addresses have once they are unmapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Range {
    V4 { first: u32, last: u32 },
    V6 { first: u128, last: u128 },
}

impl Range {
    /// Reads `network/prefix` or one address.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let invalid = || ConfigError::Range { text: text.to_owned() };
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= width).ok_or_else(invalid)?
            }
            Some(_) => return Err(invalid()),
        };
        Self::new(address, prefix, text)
    }

    fn new(address: IpAddr, prefix: u8, text: &str) -> Result<Self, ConfigError> {
        let host_bits = |network: IpAddr| ConfigError::RangeHostBits {
            text: text.to_owned(),
            network: format!("{network}/{prefix}"),
        };
        match address {
            IpAddr::V4(address) => {
                let first = address.to_bits();
                let hosts = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
                if first & hosts != 0 {
                    return Err(host_bits(Ipv4Addr::from_bits(first & !hosts).into()));
                }
                Ok(Self::V4 { first, last: first | hosts })
            }
            IpAddr::V6(address) => {
                let first = address.to_bits();
                let hosts = u128::MAX.checked_shr(prefix.into()).unwrap_or(0);
                if first & hosts != 0 {
                    return Err(host_bits(Ipv6Addr::from_bits(first & !hosts).into()));
                }
                let last = first | hosts;
                // A range within ::ffff:0:0/96 can only ever meet unmapped addresses.
                match (Ipv6Addr::from_bits(first).to_ipv4_mapped(), address_v4(last)) {
                    (Some(first), Some(last)) => {
                        Ok(Self::V4 { first: first.to_bits(), last: last.to_bits() })
                    }
                    _ => Ok(Self::V6 { first, last }),
                }
            }
        }
    }
}

const fn address_v4(bits: u128) -> Option<Ipv4Addr> {
    Ipv6Addr::from_bits(bits).to_ipv4_mapped()
}

/// A set of ranges: sorted, without overlap, found by bisection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges {
    v4: Box<[(u32, u32)]>,
    v6: Box<[(u128, u128)]>,
}

impl Ranges {
    /// Tells whether a range holds the address, which must be in its canonical form.
    #[inline]
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => holds(&self.v4, address.to_bits()),
            IpAddr::V6(address) => holds(&self.v6, address.to_bits()),
        }
    }

    /// Tells whether the ranges together hold every address of a family.
    pub(crate) fn hold_everything(&self) -> bool {
        matches!(*self.v4, [(0, u32::MAX)]) || matches!(*self.v6, [(0, u128::MAX)])
    }
}

impl FromIterator<Range> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range {
                Range::V4 { first, last } => v4.push((first, last)),
                Range::V6 { first, last } => v6.push((first, last)),
            }
        }
        Self { v4: merged(v4, u32::checked_add, 1), v6: merged(v6, u128::checked_add, 1) }
    }
}

#[inline]
fn holds<T: Copy + Ord>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    let candidate = after.checked_sub(1).and_then(|at| ranges.get(at));
    candidate.is_some_and(|(_, last)| address <= *last)
}

/// Sorts, and joins ranges that overlap or touch.
fn merged<T: Copy + Ord>(
    mut ranges: Vec<(T, T)>,
    add: fn(T, T) -> Option<T>,
    one: T,
) -> Box<[(T, T)]> {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joined = add(kept.1, one).is_none_or(|beyond| next.0 <= beyond);
        if joined {
            kept.1 = kept.1.max(next.1);
        }
        joined
    });
    ranges.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(texts: &[&str]) -> Ranges {
        texts.iter().map(|text| Range::parse(text).unwrap()).collect()
    }

    #[test]
    fn a_mapped_range_is_its_ipv4_range() {
        assert_eq!(Range::parse("::ffff:10.0.0.0/104"), Range::parse("10.0.0.0/8"));
        assert_eq!(Range::parse("::ffff:10.0.0.1"), Range::parse("10.0.0.1/32"));
    }

    #[test]
    fn refuses_what_is_not_a_range() {
        for text in ["", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10/8", "::/129", "a.b/8", " "]
        {
            assert_eq!(
                Range::parse(text),
                Err(ConfigError::Range { text: text.to_owned() }),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_bits_beyond_the_prefix_and_says_what_was_meant() {
        let error = Range::parse("10.1.2.3/8").unwrap_err();
        assert!(error.to_string().contains("\"10.0.0.0/8\""), "{error}");
        let error = Range::parse("fd12::1/8").unwrap_err();
        assert!(error.to_string().contains("\"fd00::/8\""), "{error}");
    }

    #[test]
    fn two_halves_of_everything_are_everything() {
        assert!(set(&["0.0.0.0/1", "128.0.0.0/1"]).hold_everything());
        assert!(set(&["::/1", "8000::/1"]).hold_everything());
        assert!(!set(&["0.0.0.0/1", "129.0.0.0/8", "::/1"]).hold_everything());
        assert!(set(&["::/0"]).hold_everything());
    }

    proptest! {
        #[test]
        fn a_set_holds_what_one_of_its_ranges_holds(
            networks in prop::collection::vec((any::<u32>(), 0_u8..=32), 0..12),
            address in any::<u32>(),
        ) {
            let networks: Vec<(u32, u8)> = networks.into_iter().map(|(bits, prefix)| {
                (bits & u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0), prefix)
            }).collect();
            let expected = networks.iter().any(|(bits, prefix)| {
                let shift = 32_u32.saturating_sub((*prefix).into());
                bits.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
            });
            let ranges: Ranges = networks.iter().map(|(bits, prefix)| {
                Range::parse(&format!("{}/{prefix}", Ipv4Addr::from_bits(*bits))).unwrap()
            }).collect();
            prop_assert_eq!(ranges.contains(Ipv4Addr::from_bits(address).into()), expected);
        }
    }
}
