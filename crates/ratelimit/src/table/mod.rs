//! The table: a word per key, fixed in size, without a lock.
//!
//! A key has two lines of six cells, its home and another that home and fingerprint name. Changing
//! a key is one compare-and-swap. Letting one in happens through the home line's intent: whoever
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

/// A table of moments, in ticks of any length.
pub(crate) struct Table {
    lines: Box<[Line]>,
    count: u64,
    /// The furthest that any moment is ahead.
    longest: u64,
}

/// Where a key belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    home: usize,
    other: usize,
    tag: Tag,
}

/// What a key may owe, and when it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The moment that it is now.
    pub(crate) now: u64,
    /// The furthest that a moment of this key is ahead.
    pub(crate) span: u64,
    /// A second, in ticks.
    pub(crate) second: u64,
}

impl Terms {
    /// Returns the moment that no honest one is beyond: threads that were stopped for as long as
    /// the span set earlier ones, wrapped ones and inherited ones of slower rules later ones.
    const fn beyond(self) -> u64 {
        self.now.saturating_add(self.span).saturating_add(self.span).saturating_add(self.second)
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
        let lines: Box<[Line]> =
            (0..lines.clamp(2, Self::MOST_LINES)).map(|_| Line::new()).collect();
        let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        Self { lines, count, longest }
    }

    /// Returns how many keys fit at the most.
    pub(crate) fn capacity(&self) -> usize {
        self.lines.len().saturating_mul(CELLS)
    }

    /// Returns how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.len().saturating_mul(Self::LINE)
    }

    /// Finds the place of a key by its hash.
    #[inline]
    pub(crate) fn place(&self, hash: u64, strict: bool) -> Place {
        let tag = Tag::at_home(hash, strict);
        let home = scaled(hash, self.count);
        Place { home, other: self.other(home, tag), tag }
    }

    /// Returns the other line of a key with that home: never the home itself.
    fn other(&self, home: usize, tag: Tag) -> usize {
        let spread = tag.print().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let step = scaled(spread, self.count.wrapping_sub(1)).wrapping_add(1);
        let other = home.wrapping_add(step);
        if other >= self.lines.len() { other.wrapping_sub(self.lines.len()) } else { other }
    }

    #[inline]
    fn find(&self, place: Place) -> Option<(&AtomicU64, Word)> {
        let home = self.lines.get(place.home)?.find(place.tag);
        match home {
            Some(found) => Some(found),
            None => self.lines.get(place.other)?.find(place.tag.away()),
        }
    }

    /// Returns the key's moment; of a key that is not held, the one it would come in with.
    #[inline]
    pub(crate) fn peek(&self, place: Place, terms: Terms) -> u64 {
        match self.find(place) {
            Some((_, word)) => honest(word.moment(terms.now), terms),
            None => self.entrance(place, terms),
        }
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
    #[inline]
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
                if moment > terms.beyond() {
                    // Wrapped, or inherited from a slower rule: its own span is the most it owes.
                    let own = Word::new(word.tag(), terms.now.saturating_add(terms.span));
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
        if place.tag.is_strict() {
            Err(terms.now.saturating_add(terms.span))
        } else {
            Ok(terms.now)
        }
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
        self.floor(place).clamp(terms.now, terms.now.saturating_add(terms.span))
    }

    /// Returns the first moment that is above all that strict keys owed when they were forgotten.
    fn floor(&self, place: Place) -> u64 {
        let floor = |line| self.lines.get(line).map_or(0, Line::floor);
        floor(place.home).max(floor(place.other)).saturating_add(1)
    }
}

/// Swaps one word for another; returns the word that is there instead.
fn swap(cell: &AtomicU64, old: Word, new: Word) -> Result<(), Word> {
    cell.compare_exchange(old.bits(), new.bits(), Ordering::AcqRel, Ordering::Acquire)
        .map(|_| ())
        .map_err(Word::from_bits)
}

/// Returns the moment, or the latest honest one.
const fn honest(moment: u64, terms: Terms) -> u64 {
    if moment > terms.beyond() { terms.now.saturating_add(terms.span) } else { moment }
}

/// Scales the upper half of a hash to `0..count` (Lemire 2019, without the rejection).
fn scaled(hash: u64, count: u64) -> usize {
    let scaled = (hash >> 32).wrapping_mul(count) >> 32;
    usize::try_from(scaled).unwrap_or(0)
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
