//! What the table holds, to be held again by another process.

use super::word::{Tag, Word};
use super::{Line, Table, swap};
use crate::atomic::Ordering;

/// One debt of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// What forgotten strict keys of a line owe.
    Floor {
        /// The line.
        line: u32,
        /// How far ahead the moment is.
        ahead: u64,
    },
    /// What a key owes.
    Key {
        /// The cell, counted through all lines.
        cell: u64,
        /// Which key.
        tag: u32,
        /// How far ahead its moment is.
        ahead: u64,
    },
}

impl Table {
    /// Returns the number of lines.
    pub(crate) fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Returns every debt. Changes that happen meanwhile are in it or not.
    pub(crate) fn held(&self, now: u64) -> impl Iterator<Item = Held> {
        let ahead = move |moment: u64| moment.checked_sub(now).filter(|ahead| *ahead > 0);
        (0_u32..).zip(&self.lines).flat_map(move |(number, line)| {
            let floor = ahead(line.floor()).map(|ahead| Held::Floor { line: number, ahead });
            let first = u64::from(number).saturating_mul(CELLS_WIDE);
            let keys = (first..).zip(&line.cells).filter_map(move |(cell, atomic)| {
                let word = Word::from_bits(atomic.load(Ordering::Acquire));
                let tag = u32::try_from(word.tag().bits()).ok()?;
                let ahead = ahead(word.moment(now)).filter(|_| !word.tag().is_nobody())?;
                Some(Held::Key { cell, tag, ahead })
            });
            floor.into_iter().chain(keys)
        })
    }

    /// Says whether there is such a place, and the debt is one that a word can tell.
    pub(crate) fn has_place(&self, held: Held) -> bool {
        let (line, ahead) = match held {
            Held::Floor { line, ahead } => (u64::from(line), ahead),
            Held::Key { cell, ahead, .. } => (cell.checked_div(CELLS_WIDE).unwrap_or(0), ahead),
        };
        usize::try_from(line).is_ok_and(|line| line < self.lines.len()) && ahead <= self.longest
    }

    /// Takes debts over. Where the cell is taken, what a strict key owed goes into the floor.
    pub(crate) fn hold(&self, all: &[Held], now: u64) {
        if all.iter().any(|held| matches!(held, Held::Floor { .. })) {
            // Whoever was forgotten may have had any home.
            self.lines.iter().for_each(Line::note_away);
        }
        for held in all {
            self.hold_one(*held, now);
        }
    }

    fn hold_one(&self, held: Held, now: u64) {
        let part = |part: Option<u64>| part.and_then(|part| usize::try_from(part).ok());
        match held {
            Held::Floor { line, ahead } if ahead > 0 => {
                if let Some(line) = part(Some(line.into())).and_then(|line| self.lines.get(line)) {
                    line.raise_floor(now.saturating_add(ahead));
                }
            }
            Held::Key { cell, tag, ahead } if ahead > 0 => {
                let (line, number) = (cell.checked_div(CELLS_WIDE), cell.checked_rem(CELLS_WIDE));
                let (Some(position), Some(number)) = (part(line), part(number)) else { return };
                let Some(line) = self.lines.get(position) else { return };
                let Some(cell) = line.cells.get(number) else { return };
                let (tag, moment) = (Tag::from_bits(tag.into()), now.saturating_add(ahead));
                if tag.is_nobody() {
                    return;
                }
                if tag.is_away() {
                    self.lines.get(self.home(position, tag)).into_iter().for_each(Line::note_away);
                }
                let taken = swap(cell, Word::from_bits(0), Word::new(tag, moment)).is_err();
                if taken && tag.is_strict() {
                    line.raise_floor(moment);
                }
            }
            Held::Floor { .. } | Held::Key { .. } => {}
        }
    }

    /// Returns how many keys owe something now.
    pub(crate) fn live(&self, now: u64) -> usize {
        self.held(now).filter(|held| matches!(held, Held::Key { .. })).count()
    }
}

/// The cells of a line.
const CELLS_WIDE: u64 = 6;
