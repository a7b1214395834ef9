//! One cache line: six keys, what the forgotten ones owed, and who is about to come in.

use super::word::{Tag, Word};
use crate::atomic::{AtomicU64, Ordering};

/// Keys in a line.
pub(super) const CELLS: usize = 6;

/// A cache line of the table.
#[repr(align(64))]
pub(super) struct Line {
    /// The newcomer that is being let in, and how many were before it.
    pub(super) intent: AtomicU64,
    /// The latest moment of all strict keys that were forgotten here: no newcomer owes less.
    floor: AtomicU64,
    pub(super) cells: [AtomicU64; CELLS],
}

impl Line {
    pub(super) fn new() -> Self {
        let cell = |_| AtomicU64::new(0);
        Self { intent: cell(0), floor: cell(0), cells: [0; CELLS].map(cell) }
    }

    pub(super) fn floor(&self) -> u64 {
        self.floor.load(Ordering::Acquire)
    }

    /// Says whether a key whose home this is was ever put into its other line: until then nobody need
    /// look for one there.
    pub(super) fn has_away(&self) -> bool {
        Intent::from_bits(self.intent.load(Ordering::Acquire)).has_away()
    }

    /// Notes that a key whose home this is was put into its other line.
    pub(super) fn note_away(&self) {
        self.intent.fetch_or(AWAY, Ordering::AcqRel);
    }

    pub(super) fn raise_floor(&self, moment: u64) {
        self.floor.fetch_max(moment, Ordering::AcqRel);
    }

    /// Returns the cell of a key with its word.
    #[inline]
    pub(super) fn find(&self, tag: Tag) -> Option<(&AtomicU64, Word)> {
        self.cells.iter().find_map(|cell| {
            let word = Word::from_bits(cell.load(Ordering::Acquire));
            (word.tag() == tag).then_some((cell, word))
        })
    }
}

/// The number of the first cell in the other line of a newcomer.
pub(super) const FIRST_AWAY: u64 = 6;

const fn is_away(cell: u64) -> bool {
    cell >= FIRST_AWAY
}

/// A newcomer of a line: one at a time, so that no key comes in twice.
///
/// 24 bits of tag, 4 of the cell it gets (the upper ones are those of its other line), 1 that says
/// whether there is one, 12 of what is in the cell, 1 that stays once a newcomer went to its other
/// line, 22 that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Intent {
    bits: u64,
}

const PRESENT: u64 = 1 << 28;
const CHECK: u32 = 29;
const AWAY: u64 = 1 << 41;
const COUNT: u32 = 42;
/// What outlives a newcomer.
const KEPT: u64 = u64::MAX << 41;

impl Intent {
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self { bits }
    }

    pub(super) const fn bits(self) -> u64 {
        self.bits
    }

    /// Returns the newcomer's intent that follows this state.
    pub(super) const fn of(self, tag: Tag, cell: u64, word: Word) -> Self {
        let (check, away) = (word.check() << CHECK, if is_away(cell) { AWAY } else { 0 });
        let kept = (self.bits & KEPT) | away;
        Self { bits: kept | check | PRESENT | ((cell & 15) << 24) | tag.bits() }
    }

    /// Returns the state in which it is settled and the next may come.
    pub(super) const fn settled(self) -> Self {
        Self { bits: (self.bits & KEPT).wrapping_add(1 << COUNT) }
    }

    pub(super) const fn is_present(self) -> bool {
        self.bits & PRESENT != 0
    }

    /// Says whether any newcomer so far went to its other line.
    const fn has_away(self) -> bool {
        self.bits & AWAY != 0
    }

    /// Says whether this is what was in the cell when it was chosen.
    pub(super) const fn expects(self, word: Word) -> bool {
        (self.bits >> CHECK) & 0xFFF == word.check()
    }

    /// Returns the tag in the home line.
    pub(super) const fn tag(self) -> Tag {
        Tag::from_bits(self.bits)
    }

    pub(super) const fn cell(self) -> u64 {
        (self.bits >> 24) & 15
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_says_all_it_was_made_of_and_counts_when_it_is_settled() {
        let empty = Intent::from_bits(0);
        let tag = Tag::at_home(12_345, true);
        let word = Word::new(tag, 99);
        let intent = empty.of(tag, 11, word);
        assert!(intent.is_present() && !empty.is_present());
        assert!(intent.has_away() && !empty.of(tag, 5, word).has_away());
        assert!(intent.expects(word) && !intent.expects(Word::new(tag, 98)));
        assert_eq!((intent.tag(), intent.cell()), (tag, 11));
        let after = intent.settled();
        assert!(!after.is_present());
        assert_ne!(after, empty, "who saw the state before cannot take it for this one");
        assert_eq!(after.of(tag, 5, word).settled(), after.settled());
        assert!(after.settled().has_away(), "for ever");
    }
}
