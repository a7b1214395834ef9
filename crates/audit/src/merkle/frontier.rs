//! The right edge of the tree: all that appending needs.

use super::{Hash, TILE_WIDTH, fold, node};

/// The unfinished tile of each level. Level `n` holds the roots of complete subtrees of `256^n`
/// events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frontier {
    levels: Vec<Vec<Hash>>,
    size: u64,
}

impl Frontier {
    /// Takes the unfinished tiles of a log of that size; `None` if they are not that wide.
    pub(crate) fn from_tiles(size: u64, levels: Vec<Vec<Hash>>) -> Option<Self> {
        let mut rest = size;
        for level in &levels {
            if u64::try_from(level.len()).ok()? != rest & 255 {
                return None;
            }
            rest >>= 8;
        }
        (rest == 0).then_some(Self { levels, size })
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds an event, and tells each hash that is new at a level.
    pub(crate) fn append(&mut self, leaf: Hash, mut new: impl FnMut(usize, Hash)) {
        self.size = self.size.saturating_add(1);
        let mut hash = leaf;
        for number in 0.. {
            new(number, hash);
            if self.levels.len() <= number {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(level) = self.levels.get_mut(number) else { return };
            level.push(hash);
            if level.len() < TILE_WIDTH {
                return;
            }
            let Some(root) = fold(level) else { return };
            level.clear();
            hash = root;
        }
    }

    pub(crate) fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        // From the smallest subtree, which is the right one, to the largest.
        for level in &self.levels {
            let mut rest = level.as_slice();
            let mut peaks = Vec::new();
            while !rest.is_empty() {
                let width = 1_usize << rest.len().ilog2();
                let (peak, next) = rest.split_at(width);
                peaks.extend(fold(peak));
                rest = next;
            }
            for peak in peaks.iter().rev() {
                root = Some(root.map_or(*peak, |right| node(peak, &right)));
            }
        }
        root.unwrap_or(Hash::EMPTY)
    }
}
