//! Names of clients become numbers.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

use siphasher::sip128::{Hasher128, SipHasher13};

use crate::store::Subject;

/// Turns what identifies a client into a [`Subject`], with a secret key.
///
/// Neither memory nor a shared store holds an address, a name or an API key: only hashes, which
/// nobody can compute or reverse without the key.
#[derive(Clone)]
pub struct KeyHasher {
    sip: SipHasher13,
    fold: Option<[u64; 2]>,
}

impl KeyHasher {
    /// Hashes with a key of this process, from the randomness that the standard library takes for
    /// its hash maps: for stores in memory.
    #[must_use]
    pub fn random() -> Self {
        let word = |position: u64| RandomState::new().hash_one(position);
        Self {
            sip: SipHasher13::new_with_keys(word(0), word(1)),
            fold: Some([word(2) | 1, word(3) | 1]),
        }
    }

    /// Hashes with a key that all instances share: for shared stores, and for snapshots that are
    /// read by another process.
    #[must_use]
    pub fn keyed(key: &[u8; 16]) -> Self {
        Self { sip: SipHasher13::new_with_key(key), fold: None }
    }

    /// Hashes one word of a kind: an address prefix, a number.
    #[must_use]
    pub fn word(&self, kind: u8, word: u64) -> Subject {
        if let Some([one, two]) = self.fold {
            // Secret, never shown, and made of fixed words: a folded multiplication is enough.
            let product = u128::from(word ^ one).wrapping_mul(u128::from(two));
            let again = fold(product) ^ u64::from(kind);
            let product = u128::from(again ^ two).wrapping_mul(u128::from(one));
            return Subject::from_hash(product ^ u128::from(word.rotate_left(32)));
        }
        let mut hasher = self.sip;
        hasher.write_u8(kind);
        hasher.write(&word.to_le_bytes());
        Subject::from_hash(hasher.finish128().as_u128())
    }

    /// Hashes bytes of a kind: a user's name, an API key.
    #[must_use]
    pub fn bytes(&self, kind: u8, bytes: &[u8]) -> Subject {
        let mut hasher = self.sip;
        hasher.write_u8(kind);
        hasher.write(bytes);
        Subject::from_hash(hasher.finish128().as_u128())
    }

    /// Joins two subjects into one that stands for both together.
    #[must_use]
    pub fn both(&self, one: Subject, other: Subject) -> Subject {
        let mut hasher = self.sip;
        hasher.write(&one.to_bytes());
        hasher.write(&other.to_bytes());
        Subject::from_hash(hasher.finish128().as_u128())
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHasher(..)")
    }
}

/// Returns the two halves of a number, one upon the other.
pub(crate) const fn fold(product: u128) -> u64 {
    let [high, low] = halves(product);
    high ^ low
}

/// Returns the upper and the lower half of a number.
pub(crate) const fn halves(number: u128) -> [u64; 2] {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "the halves are what is wanted"
    )]
    [(number >> 64) as u64, number as u64]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn two_processes_with_one_key_agree_and_without_do_not() {
        let key = [7; 16];
        let (one, two) = (KeyHasher::keyed(&key), KeyHasher::keyed(&key));
        assert_eq!(one.word(1, 9), two.word(1, 9));
        assert_eq!(one.bytes(1, b"alice"), two.bytes(1, b"alice"));
        assert_ne!(KeyHasher::random().word(1, 9), KeyHasher::random().word(1, 9));
    }

    #[test]
    fn a_key_hashes_the_same_in_every_release() {
        let hasher = KeyHasher::keyed(b"0123456789abcdef");
        assert_eq!(hasher.word(1, 9).hash(), 0x132D_6182_7B2B_6177_6300_DB89_EFC9_D2D1);
        assert_eq!(hasher.bytes(1, b"alice").hash(), 0x79C6_C68D_B028_9F46_DD27_4A60_0847_E1F6);
    }

    #[test]
    fn kinds_and_words_do_not_collide() {
        for hasher in [KeyHasher::random(), KeyHasher::keyed(&[1; 16])] {
            let mut seen = HashSet::new();
            for word in 0..20_000_u64 {
                assert!(seen.insert(hasher.word(1, word << 16)));
                assert!(seen.insert(hasher.word(2, word << 16)));
            }
            assert_ne!(hasher.bytes(1, b"a"), hasher.bytes(2, b"a"));
            let (a, b) = (hasher.word(1, 1), hasher.word(1, 2));
            assert_ne!(hasher.both(a, b), hasher.both(b, a));
        }
    }
}
