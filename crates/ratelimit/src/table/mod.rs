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
use std::hint::black_box;

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
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    held: Option<(&'a AtomicU64, Word)>,
    moment: u64,
}

impl Seen<'_> {
    /// Returns its moment.
    pub(crate) const fn moment(&self) -> u64 {
        self.moment
    }

    /// Changes the moment, if the key is held and still as it was; says whether it did.
    #[inline]
    pub(crate) fn becomes(&self, moment: u64) -> bool {
        let new = |word: Word| Word::new(word.tag(), moment);
        self.held.is_some_and(|(cell, word)| swap(cell, word, new(word)).is_ok())
    }
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
        let spread = tag.print().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let count = self.groups.wrapping_mul(self.width);
        let step = scaled(spread, count.wrapping_sub(1)).wrapping_add(1);
        let other = home.wrapping_add(usize::try_from(step).unwrap_or(0));
        if other >= self.lines.len() { other.wrapping_sub(self.lines.len()) } else { other }
    }

    #[inline]
    fn find(&self, place: Place) -> Option<(&AtomicU64, Word)> {
        let home = self.lines.get(place.home)?.find(place.tag);
        match home {
            Some(found) => Some(found),
            None => self.lines.get(self.other(place))?.find(place.tag.away()),
        }
    }

    /// Calls for the memory of a key, and does not wait for it.
    #[inline]
    pub(crate) fn touch(&self, place: Place) {
        // It changes nothing, so a model need not try when it happens.
        if let Some(line) = self.lines.get(place.home).filter(|_| !cfg!(palisade_loom)) {
            black_box(line.intent.load(Ordering::Relaxed));
        }
    }

    /// Looks at a key; of one that is not held, at the moment it would come in with.
    #[inline]
    pub(crate) fn look(&self, place: Place, terms: Terms) -> Seen<'_> {
        match self.find(place) {
            Some((cell, word)) => {
                let moment = honest(word.moment(terms.now), terms);
                Seen { held: Some((cell, word)), moment }
            }
            None => Seen { held: None, moment: self.entrance(place, terms) },
        }
    }

    /// Returns the moment that [`look`](Self::look) sees.
    #[inline]
    pub(crate) fn peek(&self, place: Place, terms: Terms) -> u64 {
        self.look(place, terms).moment
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
        floor(place.home).max(floor(self.other(place))).saturating_add(1)
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
const fn scaled(hash: u64, count: u64) -> u64 {
    (hash >> 32).wrapping_mul(count) >> 32
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
