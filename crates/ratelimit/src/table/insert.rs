//! How a key comes in.

use super::line::{CELLS, FIRST_AWAY, Intent, Line};
use super::word::{Tag, Word};
use super::{Place, Table, Terms, swap};
use crate::atomic::{AtomicU64, Ordering};

/// How often a key is looked for anew before the crowd around it is given the blame.
pub(super) const TRIES: usize = 32;

impl Table {
    /// Lets a key in, or finishes what another newcomer of its home began; the caller looks again.
    #[cold]
    pub(super) fn let_in(&self, place: Place, terms: Terms) {
        let Some(home) = self.lines.get(place.home) else { return };
        let seen = Intent::from_bits(home.intent.load(Ordering::Acquire));
        if seen.is_present() {
            self.finish(place.home, seen, terms);
            return;
        }
        // Looked for after the intent was read: if the key comes in meanwhile, the count differs
        // and the swap fails.
        if self.find(place).is_some() {
            return;
        }
        let (cell, word) = self.cheapest(place, terms);
        let mine = seen.of(place.tag, cell, word);
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        if home.intent.compare_exchange(seen.bits(), mine.bits(), success, failure).is_ok() {
            self.finish(place.home, mine, terms);
        }
    }

    /// Does what an intent says, whoever's it is, and settles it.
    fn finish(&self, home: usize, intent: Intent, terms: Terms) {
        let Some(line) = self.lines.get(home) else { return };
        self.put(home, line, intent, terms);
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        // If it fails, another has settled it.
        let _ =
            line.intent.compare_exchange(intent.bits(), intent.settled().bits(), success, failure);
    }

    fn put(&self, home: usize, line: &Line, intent: Intent, terms: Terms) {
        let tag = intent.tag();
        let place = Place { home, tag };
        let Some((owner, cell, tag)) = self.cell(place, intent.cell()) else { return };
        while line.intent.load(Ordering::Acquire) == intent.bits() {
            let word = Word::from_bits(cell.load(Ordering::Acquire));
            // Put already; or the cell is another's by now, who has a better right to it: the
            // newcomer chooses anew.
            if word.tag() == tag || !intent.expects(word) {
                return;
            }
            // First the debt into the floor, then the key out: nobody comes back with less.
            if word.tag().is_strict() {
                let longest = terms.now.saturating_add(self.longest);
                owner.raise_floor(word.moment(terms.now).min(longest));
            }
            let floor = if tag.is_strict() { self.floor(place) } else { 0 };
            if swap(cell, word, Word::new(tag, floor.max(terms.now))).is_ok() {
                return;
            }
        }
    }

    /// Returns a cell by its number among the twelve of a place, its line, and the tag it gets.
    fn cell(&self, place: Place, number: u64) -> Option<(&Line, &AtomicU64, Tag)> {
        let number = usize::try_from(number).ok()?;
        let (line, number, tag) = match number.checked_sub(CELLS) {
            None => (place.home, number, place.tag),
            Some(number) => (self.other(place), number, place.tag.away()),
        };
        let line = self.lines.get(line)?;
        Some((line, line.cells.get(number)?, tag))
    }

    /// Returns the number of the cell whose loss costs least, and what is in it.
    ///
    /// Home while half of it is free, so that most keys are found in one line; then the emptier of
    /// the two; then whoever owes least, strict keys last.
    fn cheapest(&self, place: Place, terms: Terms) -> (u64, Word) {
        let home = self.room(place.home, 0, terms);
        if home.free >= ROOMY {
            return home.best;
        }
        let other = self.room(self.other(place), FIRST_AWAY, terms);
        if home.free >= other.free && home.free > 0 || other.free == 0 && home.owes <= other.owes {
            home.best
        } else {
            other.best
        }
    }

    /// Looks for room in a line whose cells are numbered from `first`.
    fn room(&self, line: usize, first: u64, terms: Terms) -> Room {
        let mut room = Room { free: 0, owes: (true, i64::MAX), best: (first, Word::from_bits(0)) };
        let cells = self.lines.get(line).into_iter().flat_map(|line| &line.cells);
        for (number, cell) in (first..).zip(cells) {
            let word = Word::from_bits(cell.load(Ordering::Acquire));
            let (free, owes) = (word.is_free(terms.now), word.owes(terms.now));
            room.free = room.free.saturating_add(u32::from(free));
            let owes = (word.tag().is_strict() && !free, owes);
            if owes < room.owes {
                (room.owes, room.best) = (owes, (number, word));
            }
        }
        room
    }
}

/// Free cells with which a line takes its newcomers without a look at the other.
const ROOMY: u32 = 3;

/// What a line has for a newcomer.
struct Room {
    /// How many cells are free.
    free: u32,
    /// Whether who owes least is strict, and how much it owes.
    owes: (bool, i64),
    /// The cell of who owes least: nobody's, then who has owed nothing for longest.
    best: (u64, Word),
}
