//! bcrypt, as its many versions compute it.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::hash::arena::Arena;
use crate::hash::kdf::{Cost, Kdf};

/// Microseconds for each of the two to the cost rounds.
const ROUND: u64 = 60;

/// Bytes of the key that the cipher takes.
const KEY: usize = 72;

/// bcrypt with its cost, in the version of its string.
#[derive(Debug)]
pub(crate) struct Bcrypt {
    cost: u32,
    version: Version,
}

/// What tells the versions apart; `2a` and `2b` agree on every password that is UTF-8 and has at
/// most 254 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// The password with its NUL bytes.
    Bytes,
    /// `2x`: bytes from 0x80 on are taken as negative, the error of `crypt_blowfish` before 1.1.
    SignedText,
    /// `2y`: the password up to its first NUL, as C and PHP read it.
    Text,
}

impl Bcrypt {
    /// `None` for another version than `2a`, `2b`, `2x` or `2y`, or a cost outside 4 to 31.
    pub(crate) fn new(version: &str, cost: u32) -> Option<Self> {
        let version = match version {
            "2a" | "2b" => Version::Bytes,
            "2x" => Version::SignedText,
            "2y" => Version::Text,
            _ => return None,
        };
        (4..=31).contains(&cost).then_some(Self { cost, version })
    }
}

impl Kdf for Bcrypt {
    fn cost(&self) -> Cost {
        let rounds = 1_u64.checked_shl(self.cost).unwrap_or(u64::MAX);
        let work = Duration::from_micros(rounds.saturating_mul(ROUND));
        Cost { function: "bcrypt", lanes: 1, memory_kib: 4, work }
    }

    fn derive(&self, _arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        let Ok(salt) = <[u8; 16]>::try_from(salt) else { return false };
        let seen = password.get(..self.seen(password)).unwrap_or(password);
        let mut key = Zeroizing::new(Vec::with_capacity(KEY.saturating_add(1)));
        key.extend_from_slice(seen);
        key.push(0);
        key.truncate(KEY);
        if self.version == Version::SignedText {
            key = signed(&key);
        }
        // Neither empty nor longer than the cipher takes, and a cost below 32: no panic.
        let digest = bcrypt::bcrypt(self.cost, salt, &key);
        // The strings leave the last byte out.
        digest.get(..tag.len()).is_some_and(|digest| {
            tag.copy_from_slice(digest);
            true
        })
    }

    fn seen(&self, password: &[u8]) -> usize {
        let text = match self.version {
            Version::Bytes => None,
            Version::SignedText | Version::Text => password.iter().position(|byte| *byte == 0),
        };
        text.unwrap_or(password.len()).min(KEY)
    }
}

/// The eighteen words of the key schedule as `crypt_blowfish` filled them before 1.1: a byte that
/// is negative as a `char` sets all bits above it.
fn signed(key: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = key.iter().copied().cycle();
    let mut words = Zeroizing::new(Vec::with_capacity(KEY));
    while words.len() < KEY {
        let word = bytes.by_ref().take(4).fold(0_u32, |word, byte| {
            let above = if byte < 0x80 { 0 } else { 0xffff_ff00 };
            word << 8 | above | u32::from(byte)
        });
        words.extend_from_slice(&word.to_be_bytes());
    }
    words
}
