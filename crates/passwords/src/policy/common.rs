//! The most common passwords, as a filter that can be asked and not read.

use std::sync::LazyLock;

/// Made by `examples/common_passwords.rs`; see `data/README.md` for where the list is from.
static FILTER: LazyLock<Filter> =
    LazyLock::new(|| Filter::read(include_bytes!("data/common-passwords.fuse16")));

/// Whether the spelling is on the list; 1 in 65,536 other spellings is taken for one that is.
pub(super) fn contains(spelling: &[char]) -> bool {
    FILTER.contains(spelling.iter().fold(START, |key, c| push(key, *c)))
}

/// Lengths of the prefixes of the spelling that are on the list.
pub(super) fn prefixes(spelling: &[char]) -> impl Iterator<Item = usize> {
    spelling
        .iter()
        .scan(START, |key, c| {
            *key = push(*key, *c);
            Some(*key)
        })
        .zip(1..)
        .filter_map(|(key, length)| FILTER.contains(key).then_some(length))
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over code points.
fn push(key: u64, c: char) -> u64 {
    (key ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3)
}

/// A binary fuse filter with three segments and 16-bit fingerprints (arXiv 2201.01174).
struct Filter {
    seed: u64,
    segment: u64,
    segments: u64,
    fingerprints: Box<[u16]>,
}

impl Filter {
    /// Reads seed, segment length, length of all segments, fingerprints, all little-endian.
    fn read(bytes: &[u8]) -> Self {
        let mut words = bytes.chunks_exact(2).map(|pair| match pair {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        });
        let mut next = || u64::from(words.next().unwrap_or_default());
        let seed = next() | next() << 16 | next() << 32 | next() << 48;
        let segment = next() | next() << 16;
        let segments = next() | next() << 16;
        Self { seed, segment, segments, fingerprints: words.collect() }
    }

    fn contains(&self, key: u64) -> bool {
        let hash = mix(key.wrapping_add(self.seed));
        let mask = self.segment.wrapping_sub(1);
        let scaled = u128::from(hash).wrapping_mul(u128::from(self.segments)) >> 64;
        let first = u64::try_from(scaled).unwrap_or_default();
        let second = first.wrapping_add(self.segment) ^ (hash >> 18 & mask);
        let third = first.wrapping_add(self.segment.wrapping_mul(2)) ^ (hash & mask);
        let print = |place: u64| {
            usize::try_from(place).ok().and_then(|place| self.fingerprints.get(place)).copied()
        };
        let folded = (hash ^ hash >> 32) & 0xffff;
        match (print(first), print(second), print(third)) {
            (Some(a), Some(b), Some(c)) => u64::from(a ^ b ^ c) == folded,
            _ => false,
        }
    }
}

/// The finaliser of `MurmurHash3`, which the filter was built with.
const fn mix(key: u64) -> u64 {
    let key = (key ^ (key >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let key = (key ^ (key >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    key ^ (key >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(password: &str) -> bool {
        contains(&password.chars().collect::<Vec<_>>())
    }

    #[test]
    fn knows_the_first_and_the_last_of_the_list_and_few_others() {
        for password in ["123456", "password", "qwerty", "iloveyou", "trustno1", "football"] {
            assert!(listed(password), "{password}");
        }
        let false_hits = (0..100_000).filter(|n| listed(&format!("not on the list {n}"))).count();
        assert!(false_hits < 12, "{false_hits} of 100000, about 1.5 expected");
    }

    #[test]
    fn finds_the_prefixes_that_are_words() {
        let spelling: Vec<char> = "passwordfootball".chars().collect();
        assert!(prefixes(&spelling).any(|length| length == 8));
    }
}
