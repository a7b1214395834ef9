//! The tree over the events (RFC 6962), as plain functions.

mod digest;
mod frontier;
mod hash;
mod proof;
mod tile;

pub(crate) use frontier::Frontier;
pub use hash::{Hash, HashError};
pub use proof::{
    HashSource, ProofError, consistency, inclusion, root, verify_consistency, verify_inclusion,
};
pub use tile::{Tile, TilePathError};

use digest::{after_zero, of_two};

/// Hashes of a tile, and children of one hash of the level above.
pub const TILE_WIDTH: usize = 256;

/// Returns the hash of an event as it is stored, without its line end.
#[must_use]
pub fn leaf(line: &[u8]) -> Hash {
    Hash::from_bytes(after_zero(line))
}

/// Returns the hash of two subtrees.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Hash::from_bytes(of_two(left.as_bytes(), right.as_bytes()))
}

/// Returns the root over hashes of one level, as many as there are; nothing of an empty list.
pub(crate) fn fold(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [] => None,
        [only] => Some(*only),
        _ => {
            let (left, right) = hashes.split_at(split(hashes.len()));
            Some(node(&fold(left)?, &fold(right)?))
        }
    }
}

/// The largest power of two below `length`, which is at least 2.
const fn split(length: usize) -> usize {
    length.next_power_of_two() >> 1
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// RFC 6962, section 2.1, word for word.
    fn reference(lines: &[Vec<u8>]) -> Hash {
        match lines {
            [] => Hash::EMPTY,
            [only] => leaf(only),
            _ => {
                let (left, right) = lines.split_at(split(lines.len()));
                node(&reference(left), &reference(right))
            }
        }
    }

    pub(super) fn lines(count: u32) -> Vec<Vec<u8>> {
        (0..count).map(|number| number.to_be_bytes().to_vec()).collect()
    }

    #[test]
    fn the_frontier_and_the_fold_are_the_tree_of_the_standard() {
        let lines = lines(1300);
        let mut frontier = Frontier::default();
        for (line, size) in lines.iter().zip(1..) {
            frontier.append(leaf(line), |_, _| ());
            if size < 20 || size % 61 == 0 || (254..259).contains(&size) {
                let expected = reference(&lines[..size]);
                assert_eq!(frontier.root(), expected, "{size}");
                let leaves: Vec<Hash> = lines[..size].iter().map(|line| leaf(line)).collect();
                assert_eq!(fold(&leaves), Some(expected));
            }
        }
    }

    #[test]
    fn the_empty_tree_is_the_hash_of_nothing() {
        assert_eq!(Hash::from_bytes(Sha256::digest(b"").into()), Hash::EMPTY);
        assert_eq!(Frontier::default().root(), Hash::EMPTY);
        // The first leaf of the test vectors of certificate-transparency: an empty entry.
        let expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(format!("{:?}", leaf(b"")), expected);
    }
}
