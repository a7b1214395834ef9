//! Keyed hashes instead of names.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use super::claim::Kind;
use super::set::Key;
use crate::ConfigError;

/// Turns accounts and addresses into the hashes under which stores keep them.
///
/// Whoever reads a store without the key learns neither names nor addresses.
#[derive(Clone)]
pub(super) struct Names {
    mac: Hmac<Sha256>,
    ipv6_prefix: u8,
}

impl Names {
    /// As long as the output of the hash (RFC 2104 3).
    pub(super) const MIN_KEY: usize = 32;
    pub(super) const IPV6_PREFIX: u8 = 64;
    /// Longer names share the count of their beginning.
    const MAX_NAME: usize = 1024;

    pub(super) fn new(key: &[u8]) -> Result<Self, ConfigError> {
        let short = ConfigError::Key {
            setting: "the key that hides account names",
            given: key.len(),
            least: Self::MIN_KEY,
        };
        if key.len() < Self::MIN_KEY {
            return Err(short);
        }
        let mac = Hmac::new_from_slice(key).map_err(|_| short)?;
        Ok(Self { mac, ipv6_prefix: Self::IPV6_PREFIX })
    }

    pub(super) fn ipv6_prefix(&mut self, bits: u8) -> Result<(), ConfigError> {
        self.ipv6_prefix = ConfigError::number("ipv6_prefix", bits, 32, 128)?;
        Ok(())
    }

    /// Names that most user tables take for one count as one: an attacker who varies the case or
    /// the spelling of a letter gets no new count.
    pub(super) fn account(&self, name: &str) -> Key {
        let mut mac = self.mac(Kind::Account);
        let end = name.floor_char_boundary(Self::MAX_NAME);
        let begin = name.get(..end).unwrap_or(name).trim();
        let folded = begin.nfkc().flat_map(char::to_lowercase).nfkc();
        let mut utf8 = [0; 4];
        for letter in folded {
            mac.update(letter.encode_utf8(&mut utf8).as_bytes());
        }
        key(mac)
    }

    /// An IPv4 address counts alone, an IPv6 one with all of its network, since one client has them
    /// all; an IPv4 address that is written as IPv6 is one.
    pub(super) fn address(&self, address: IpAddr) -> Key {
        let mut mac = self.mac(Kind::Address);
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                mac.update(b"4");
                mac.update(&v4.octets());
            }
            IpAddr::V6(v6) => {
                mac.update(b"6");
                mac.update(&self.network(v6).to_be_bytes());
            }
        }
        key(mac)
    }

    fn network(&self, address: Ipv6Addr) -> u128 {
        let host_bits = 128_u32.saturating_sub(self.ipv6_prefix.into());
        address.to_bits() & u128::MAX.checked_shl(host_bits).unwrap_or(0)
    }

    fn mac(&self, kind: Kind) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(b"palisade lockout 1 ");
        mac.update(&[kind.number()]);
        mac
    }
}

/// Debug shows no key.
impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("ipv6_prefix", &self.ipv6_prefix).finish_non_exhaustive()
    }
}

fn key(mac: Hmac<Sha256>) -> Key {
    let whole: [u8; 32] = mac.finalize().into_bytes().into();
    let mut key = Key::default();
    for (to, from) in key.iter_mut().zip(whole) {
        *to = from;
    }
    key
}

/// Returns the 32 bits by which a record tells addresses apart.
pub(super) const fn source(address: Key) -> u32 {
    let [.., a, b, c, d] = address;
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(&[7; 32]).unwrap()
    }

    #[test]
    fn spellings_that_a_user_table_takes_for_one_count_as_one() {
        let ada = names().account("ada");
        for spelling in ["Ada", "ADA", " ada ", "\u{ff41}da", "\u{1d5ee}da"] {
            assert_eq!(names().account(spelling), ada, "{spelling:?}");
        }
        for other in ["ad", "adaa", "a da", "", "\u{430}da"] {
            assert_ne!(names().account(other), ada, "{other:?}");
        }
        assert_eq!(names().account("e\u{301}"), names().account("\u{c9}"));
    }

    #[test]
    fn a_name_of_a_megabyte_costs_no_more_than_its_beginning() {
        let long = "n".repeat(1 << 20);
        assert_eq!(names().account(&long), names().account(&long[..1024]));
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let of = |text: &str| names().address(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1:2:3"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    /// CVE-2026-30827: all of IPv4 in one IPv6 network.
    #[test]
    fn ipv4_addresses_written_as_ipv6_are_not_one_network() {
        let of = |text: &str| names().address(text.parse().unwrap());
        assert_ne!(of("::ffff:192.0.2.1"), of("::ffff:198.51.100.9"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn accounts_and_addresses_are_hashed_apart_and_by_the_key() {
        let address = names().address("192.0.2.1".parse().unwrap());
        assert_ne!(names().account("192.0.2.1"), address);
        assert_ne!(names().account("ada"), Names::new(&[8; 32]).unwrap().account("ada"));
        assert!(!format!("{:?}", names()).contains('7'));
    }

    #[test]
    fn refuses_a_key_that_hides_nothing() {
        let error = Names::new(b"secret").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the key that hides account names needs at least 32 bytes, not 6"
        );
    }
}
