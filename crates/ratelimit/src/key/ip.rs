//! Addresses as keys.

use std::net::{IpAddr, Ipv6Addr};

use super::hash::KeyHasher;
use crate::store::Subject;

/// Kinds in [`KeyHasher::word`]: one for each length of prefix.
const V4: u8 = 32;

/// The prefixes of an IPv6 address that are counted beside each other, each with the factor by
/// which its quota is larger: a site has from a /48 to a /64 (RFC 6177), and may have them all.
pub(super) const LEVELS: [(u8, u32); 3] = [(64, 1), (56, 4), (48, 16)];

/// Which embedded IPv4 addresses are the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Embedded {
    /// Those of translators at `64:ff9b::/96` (RFC 6052) and 6to4, `2002::/16` (RFC 3056).
    pub(super) transition: bool,
}

/// Calls `each` with the subjects of an address, the narrowest first.
pub(super) fn subjects(
    address: IpAddr,
    embedded: Embedded,
    hasher: &KeyHasher,
    mut each: impl FnMut(usize, Subject),
) {
    match canonical(address, embedded) {
        IpAddr::V4(address) => each(0, hasher.word(V4, address.to_bits().into())),
        IpAddr::V6(address) => {
            let network = network(address);
            for (level, (length, _)) in LEVELS.into_iter().enumerate() {
                let hidden = 64_u32.saturating_sub(length.into());
                each(level, hasher.word(length, (network >> hidden) << hidden));
            }
        }
    }
}

/// Returns the upper 64 bits.
const fn network(address: Ipv6Addr) -> u64 {
    crate::key::halves(address.to_bits())[0]
}

/// Returns the one form of an address by its bits, never by how it was written (RFC 4291 2.5.5.2).
fn canonical(address: IpAddr, embedded: Embedded) -> IpAddr {
    let IpAddr::V6(v6) = address.to_canonical() else { return address.to_canonical() };
    if embedded.transition {
        match v6.segments() {
            [0x64, 0xFF9B, 0, 0, 0, 0, a, b] | [0x2002, a, b, ..] => {
                let bits = (u32::from(a) << 16) | u32::from(b);
                return IpAddr::V4(bits.into());
            }
            _ => {}
        }
    }
    IpAddr::V6(v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str, transition: bool) -> Vec<(usize, Subject)> {
        let hasher = KeyHasher::keyed(&[1; 16]);
        let mut found = Vec::new();
        let address = address.parse().unwrap();
        subjects(address, Embedded { transition }, &hasher, |level, s| found.push((level, s)));
        found
    }

    #[test]
    fn mapped_addresses_of_two_clients_do_not_share_a_bucket() {
        assert_eq!(of("::ffff:1.2.3.4", false), of("1.2.3.4", false));
        assert_eq!(of("::ffff:102:304", false), of("1.2.3.4", false));
        assert_ne!(of("::ffff:1.2.3.4", false), of("::ffff:200.9.9.9", false));
    }

    #[test]
    fn rotating_inside_a_prefix_changes_no_bucket_of_it() {
        let table = [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", 3),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", 2),
            ("2001:db8:1:2::1", "2001:db8:1:203::1", 1),
            ("2001:db8:1:2::1", "2001:db8:2:2::1", 0),
        ];
        for (one, other, shared) in table {
            let other: Vec<_> = of(other, false);
            let same = of(one, false).iter().filter(|found| other.contains(found)).count();
            assert_eq!(same, shared, "{one}");
        }
    }

    #[test]
    fn clients_of_a_translator_are_told_apart_where_that_is_configured() {
        for (one, other) in
            [("64:ff9b::1.2.3.4", "64:ff9b::5.6.7.8"), ("2002:102:304::1", "2002:506:708::1")]
        {
            assert_eq!(of(one, true), of("1.2.3.4", true));
            assert_ne!(of(one, true), of(other, true));
        }
        assert_eq!(of("64:ff9b::1.2.3.4", false), of("64:ff9b::5.6.7.8", false));
    }
}
