//! The table: a word per key, fixed in size, without a lock.
//!
//! A key has two lines of six cells, its home and another that home and fingerprint name. Changing
//! a key is one compare-and-swap. The other line is looked at only if a key was ever put there from
//! this home, which the home says: in a table that is not nearly full, each key is in one line. Letting one in happens through the home line's intent: whoever
//! finds one there finishes it first, so a key is never in two cells, and nobody waits for a
//! thread that was stopped.
//!
//! What is forgotten is who owes least. A strict key that is forgotten raises its line's floor, and
//! a strict newcomer starts there: it never owes less than it did, whatever came in between
//! (Metwally, Agrawal, El Abbadi 2005, "Space-Saving", with debts for counts).

mod insert;
mod line;
mod word;

use std::fmt;

use crate::atomic::{AtomicU64, Ordering};

use insert::TRIES;
use line::{CELLS, Line};
use word::{Tag, Word};

pub(crate) use snapshot::Held;
mod snapshot;

/// Lines in a group: a page.
const GROUP: usize = 64;

/// A table of moments, in ticks of any length.
pub(crate) struct Table {
    lines: Box<[Line]>,
    groups: u64,
    /// Lines in a group.
    width: u64,
    /// The furthest that any moment is ahead.
    longest: u64,
}

/// Where a key belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    home: usize,
    tag: Tag,
}

#[cfg(test)]
impl Place {
    /// Returns all by which a key is told from others.
    pub(crate) const fn parts(self) -> (usize, u64) {
        (self.home, self.tag.bits())
    }
}

/// A key as it was when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    held: Option<(&'a AtomicU64, Word)>,
    debt: u64,
    is_honest: bool,
}

impl<'a> Seen<'a> {
    /// Returns how far its moment is ahead, 0 if that has passed.
    pub(crate) const fn debt(&self) -> u64 {
        self.debt
    }

    /// Prepares to change the moment.
    #[inline]
    pub(crate) const fn to(self, moment: u64) -> Change<'a> {
        match self.held {
            Some((cell, seen)) => Change::Word { cell, seen, new: Word::new(seen.tag(), moment) },
            None => Change::Anew,
        }
    }

    /// Prepares to leave the moment, if it is the one that is written.
    #[inline]
    pub(crate) const fn left(self) -> Change<'a> {
        if self.is_honest { Change::Nothing } else { Change::Anew }
    }
}

/// A change of one key that is prepared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    /// None is needed.
    Nothing,
    /// The key has to be let in, or looked at again.
    Anew,
    /// One word for another.
    Word { cell: &'a AtomicU64, seen: Word, new: Word },
}

impl Change<'_> {
    /// Makes it, if the key is still as it was seen; says whether it did.
    #[inline]
    pub(crate) fn is_made(self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Anew => false,
            Self::Word { cell, seen, new } => swap(cell, seen, new).is_ok(),
        }
    }
}

/// What a key may owe, and when it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The moment that it is now.
    now: u64,
    /// The furthest that a moment of this key is ahead.
    span: u64,
    /// How far ahead no honest moment is: threads that were stopped for as long as the span set
    /// earlier ones, wrapped ones and inherited ones of slower rules later ones.
    beyond: i64,
}

impl Terms {
    /// States them for a key that may owe so much, a quarter of what a word can tell at the most, with
    /// as many ticks in a second.
    #[inline]
    pub(crate) const fn new(now: u64, span: u64, second: u64) -> Self {
        Self { now, span, beyond: (span << 1).wrapping_add(second).cast_signed() }
    }

    /// Returns the latest moment that is honest.
    const fn latest(self) -> u64 {
        self.now.saturating_add(self.span)
    }
}

impl Table {
    /// Bytes of a line.
    pub(crate) const LINE: usize = 64;

    /// The most lines: places are found by 32 bits of hash.
    pub(crate) const MOST_LINES: usize = 1 << 31;

    /// Takes the memory, all of it, now: as many lines, at least two, for moments that are at the
    /// most `longest` ahead.
    pub(crate) fn new(lines: usize, longest: u64) -> Self {
        let lines = lines.clamp(2, Self::MOST_LINES);
        let (groups, width) =
            if lines < 16 * GROUP { (1, lines) } else { (lines.div_euclid(GROUP), GROUP) };
        let count = groups.saturating_mul(width);
        let lines: Box<[Line]> = (0..count).map(|_| Line::new()).collect();
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self { lines, groups: wide(groups), width: wide(width), longest }
    }

    /// Returns how many keys fit at the most.
    pub(crate) fn capacity(&self) -> usize {
        self.lines.len().saturating_mul(CELLS)
    }

    /// Returns how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.len().saturating_mul(Self::LINE)
    }

    /// Finds the place of a key by a hash of whose it is, and one of which of theirs it is.
    ///
    /// What is one client's is in one group of lines, a page of memory: to look at the second takes
    /// less time than to look at the first.
    #[inline]
    pub(crate) fn place(&self, [whose, which]: [u64; 2], strict: bool) -> Place {
        let first = scaled(whose, self.groups).wrapping_mul(self.width);
        let line = first.wrapping_add(scaled(which, self.width));
        Place { home: usize::try_from(line).unwrap_or(0), tag: Tag::at_home(which, strict) }
    }

    /// Returns the other line of a key: never its home.
    fn other(&self, Place { home, tag }: Place) -> usize {
        let other = home.wrapping_add(self.step(tag));
        if other >= self.lines.len() { other.wrapping_sub(self.lines.len()) } else { other }
    }

    /// Returns the home of a key that is in its other line.
    fn home(&self, other: usize, tag: Tag) -> usize {
        let step = self.step(tag);
        let other = if other < step { other.wrapping_add(self.lines.len()) } else { other };
        other.wrapping_sub(step)
    }

    /// Returns how far a key's other line is behind its home.
    fn step(&self, tag: Tag) -> usize {
        let spread = tag.print().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let count = self.groups.wrapping_mul(self.width);
        let step = scaled(spread, count.wrapping_sub(1)).wrapping_add(1);
        usize::try_from(step).unwrap_or(0)
    }

    #[inline]
    fn find(&self, place: Place) -> Option<(&AtomicU64, Word)> {
        let home = self.lines.get(place.home)?;
        match home.find(place.tag) {
            None if home.has_away() => self.lines.get(self.other(place))?.find(place.tag.away()),
            found => found,
        }
    }

    /// Looks at a key; of one that is not held, at the moment it would come in with.
    #[inline]
    pub(crate) fn look(&self, place: Place, terms: Terms) -> Seen<'_> {
        let Some((cell, word)) = self.find(place) else {
            let debt = self.entrance(place, terms).saturating_sub(terms.now);
            return Seen { held: None, debt, is_honest: true };
        };
        let ahead = word.ahead(terms.now);
        let is_honest = ahead <= terms.beyond;
        let debt = if is_honest { ahead.max(0).cast_unsigned() } else { terms.span };
        Seen { held: Some((cell, word)), debt, is_honest }
    }

    /// Returns the moment that [`look`](Self::look) sees.
    pub(crate) fn peek(&self, place: Place, terms: Terms) -> u64 {
        terms.now.saturating_add(self.look(place, terms).debt)
    }

    /// Changes the key's moment to what `next` makes of it, or leaves it where `next` makes nothing;
    /// returns the moment that is then there.
    ///
    /// A key that is not held comes in if `next` makes something of the moment it comes in with.
    /// Where that fails again and again because others push it out, a strict key is refused, and
    /// another passes uncounted.
    ///
    /// # Errors
    ///
    /// The moment that was left.
    pub(crate) fn update(
        &self,
        place: Place,
        terms: Terms,
        next: impl Fn(u64) -> Option<u64>,
    ) -> Result<u64, u64> {
        for _ in 0..TRIES {
            let Some((cell, found)) = self.find(place) else {
                let start = self.entrance(place, terms);
                if next(start).is_none() {
                    return Err(start);
                }
                self.let_in(place, terms);
                continue;
            };
            let mut word = found;
            while word.tag() == found.tag() {
                let moment = word.moment(terms.now);
                if word.ahead(terms.now) > terms.beyond {
                    // Wrapped, or inherited from a slower rule: its own span is the most it owes.
                    let own = Word::new(word.tag(), terms.latest());
                    word = swap(cell, word, own).map_or_else(|seen| seen, |()| own);
                    continue;
                }
                let Some(new) = next(moment) else { return Err(moment) };
                match swap(cell, word, Word::new(word.tag(), new)) {
                    Ok(()) => return Ok(new),
                    Err(seen) => word = seen,
                }
            }
        }
        if place.tag.is_strict() { Err(terms.latest()) } else { Ok(terms.now) }
    }

    /// Sets the key's moment back, if it is held, but not below what newcomers start with.
    pub(crate) fn give_back(&self, place: Place, terms: Terms, back: impl Fn(u64) -> u64) {
        let floor = self.floor(place);
        for _ in 0..TRIES {
            let Some((cell, word)) = self.find(place) else { return };
            let moment = word.moment(terms.now);
            let new = if place.tag.is_strict() { back(moment).max(floor) } else { back(moment) };
            // A moment long past would wrap; now is as good as any.
            let new = new.max(terms.now).min(moment);
            if swap(cell, word, Word::new(word.tag(), new)).is_ok() {
                return;
            }
        }
    }

    /// Returns the moment that a newcomer comes in with.
    fn entrance(&self, place: Place, terms: Terms) -> u64 {
        if !place.tag.is_strict() {
            return terms.now;
        }
        self.floor(place).clamp(terms.now, terms.latest())
    }

    /// Returns the first moment that is above all that strict keys owed when they were forgotten.
    fn floor(&self, place: Place) -> u64 {
        let Some(home) = self.lines.get(place.home) else { return 0 };
        let other = self.lines.get(self.other(place)).filter(|_| home.has_away());
        home.floor().max(other.map_or(0, Line::floor)).saturating_add(1)
    }
}

/// Swaps one word for another; returns the word that is there instead.
fn swap(cell: &AtomicU64, old: Word, new: Word) -> Result<(), Word> {
    cell.compare_exchange(old.bits(), new.bits(), Ordering::AcqRel, Ordering::Acquire)
        .map(|_| ())
        .map_err(Word::from_bits)
}

/// Scales the upper half of a hash to `0..count` (Lemire 2019, without the rejection).
const fn scaled(hash: u64, count: u64) -> u64 {
    (hash >> 32).wrapping_mul(count) >> 32
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(palisade_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_in_its_other_line_tells_its_home(
            lines in 2_usize..5000, whose in any::<u64>(), which in any::<u64>(),
        ) {
            let table = Table::new(lines, 1 << 30);
            let place = table.place([whose, which], false);
            let other = table.other(place);
            prop_assert!(other < table.lines() && other != place.home);
            prop_assert_eq!(table.home(other, place.tag.away()), place.home);
        }
    }

    /// Until a home has sent a key to its other line, nobody looks there.
    #[test]
    fn a_home_knows_that_it_sent_a_key_away() {
        let table = Table::new(2, 1 << 30);
        let terms = Terms::new(1, 1000, 16_000);
        let mut away = 0;
        for which in (0..12_u64).map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
            let place = table.place([which, which], false);
            assert_eq!(table.update(place, terms, |_| Some(900)), Ok(900));
            assert_eq!(table.peek(place, terms), 900);
            let home = table.lines.get(place.home).expect("a line");
            if home.find(place.tag).is_none() {
                away += 1;
                assert!(home.has_away());
            }
        }
        assert!(away > 0);
    }

    /// Who was forgotten in its other line owes after a restart what it did, though no key says any more
    /// that its home had sent one away.
    #[test]
    fn a_key_that_was_forgotten_away_from_home_owes_the_same_after_a_restart() {
        let (table, terms) = (Table::new(2, 1 << 30), Terms::new(1, 1000, 16_000));
        let keys = (0..64_u64).map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let places: Vec<Place> = keys.map(|which| table.place([which, which], true)).collect();
        let [mut here, mut there] =
            [0, 1].map(|line| places.iter().copied().filter(move |place| place.home == line));
        let bring = |place: Option<Place>, moment| {
            let place = place.expect("enough keys");
            assert_eq!(table.update(place, terms, |_| Some(moment)), Ok(moment));
            place
        };
        for _ in 0..4 {
            bring(here.next(), 900);
        }
        for _ in 0..5 {
            bring(there.next(), 900);
        }
        bring(here.next(), 900);
        bring(here.next(), 900);
        // Its home is full, the other line has one cell left, and then no more.
        let away = bring(here.next(), 500);
        bring(there.next(), 900);
        assert!(table.find(away).is_none(), "who owed least is forgotten");
        let after = Table::new(2, 1 << 30);
        after.hold(&table.held(1).collect::<Vec<_>>(), 1);
        assert_eq!(after.peek(away, terms), table.peek(away, terms));
        assert!(after.peek(away, terms) > 500);
    }
}
