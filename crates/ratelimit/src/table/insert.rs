//! How a key comes in.

use super::line::{CELLS, Intent, Line};
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
    /// Home while it has two free cells, so that most keys are found in one line; then the emptier of
    /// the two; then whoever owes least, strict keys last.
    fn cheapest(&self, place: Place, terms: Terms) -> (u64, Word) {
        let nobody = Word::from_bits(0);
        let mut free = [(0_u32, (0_u64, nobody)); 2];
        let mut least = ((true, i64::MAX), (0_u64, nobody));
        let lines = [place.home, self.other(place)].map(|line| self.lines.get(line));
        for ((side, line), first) in free.iter_mut().zip(lines).zip([0, WIDTH]) {
            let cells = line.into_iter().flat_map(|line| &line.cells);
            for (number, cell) in (first..).zip(cells) {
                let word = Word::from_bits(cell.load(Ordering::Acquire));
                if word.is_free(terms.now) {
                    let first = if side.0 == 0 { (number, word) } else { side.1 };
                    *side = (side.0.saturating_add(1), first);
                }
                let owes = (word.tag().is_strict(), word.ahead(terms.now));
                if owes < least.0 {
                    least = (owes, (number, word));
                }
            }
        }
        let [(at_home, home), (away, other)] = free;
        match (at_home, away) {
            (0, 0) => least.1,
            _ if at_home >= 2 || at_home >= away => home,
            _ => other,
        }
    }
}

/// The number of the first cell in the other line.
const WIDTH: u64 = 6;
