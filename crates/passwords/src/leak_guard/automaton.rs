//! Many texts looked for at once, one step for each byte (Aho and Corasick, 1975).

use std::collections::VecDeque;

use zeroize::Zeroizing;

/// A table of states: from each, where every byte leads.
///
/// A state is the place of its row. It stands for the longest end of what was read that is the
/// beginning of a text, so that the number of bytes which may still become a text is known exactly.
pub(super) struct Automaton {
    /// Rows of `DEPTH`, `LABEL`, then one place for each class of bytes.
    table: Zeroizing<Vec<u32>>,
    /// The place in a row where a byte leads on; bytes that are in no text share the first.
    classes: [u16; 256],
    /// Whether a text begins with the byte.
    begins: [bool; 256],
    width: usize,
}

/// Added to the place of a state in which a text ends.
const ENDS: u32 = 1 << 31;
const DEPTH: usize = 0;
const LABEL: usize = 1;
const FIRST: u16 = 2;

impl Automaton {
    pub(super) const START: u32 = 0;

    /// As many states as texts have bytes, at most.
    pub(super) const MOST_STATES: usize = 1 << 15;

    pub(super) fn new<'a>(texts: impl Iterator<Item = (u32, &'a [u8])> + Clone) -> Self {
        let mut classes = [FIRST; 256];
        let mut next = FIRST;
        let mut begins = [false; 256];
        for (_, text) in texts.clone() {
            if let Some(begins) = text.first().and_then(|byte| begins.get_mut(usize::from(*byte))) {
                *begins = true;
            }
            for byte in text {
                if let Some(class) = classes.get_mut(usize::from(*byte)).filter(|c| **c == FIRST) {
                    next = next.saturating_add(1);
                    *class = next;
                }
            }
        }
        let width = usize::from(next).saturating_add(1);
        let states = texts.clone().map(|(_, text)| text.len()).sum::<usize>().saturating_add(1);
        let capacity = states.saturating_mul(width);
        let mut automaton =
            Self { table: Zeroizing::new(Vec::with_capacity(capacity)), classes, begins, width };
        automaton.add_row(0);
        for (label, text) in texts {
            automaton.insert(label, text);
        }
        automaton.complete();
        automaton
    }

    fn insert(&mut self, label: u32, text: &[u8]) {
        let mut state = Self::START;
        for (byte, depth) in text.iter().zip(1..) {
            let class = self.class(*byte);
            if self.cell(state, class) == Self::START {
                let child = self.add_row(depth);
                self.set(state, class, child);
            }
            state = self.cell(state, class);
        }
        self.set(state, LABEL, label);
    }

    /// Leads every byte on that no text goes on with: as from the longest end that is a beginning.
    fn complete(&mut self) {
        let mut open = VecDeque::from([(Self::START, Self::START)]);
        while let Some((state, other)) = open.pop_front() {
            for class in usize::from(FIRST)..self.width {
                let child = self.cell(state, class);
                let elsewhere =
                    if state == Self::START { Self::START } else { self.cell(other, class) };
                if child == Self::START {
                    self.set(state, class, elsewhere);
                } else {
                    open.push_back((child, elsewhere & !ENDS));
                    if self.cell(child, LABEL) == 0 {
                        self.set(child, LABEL, self.cell(elsewhere & !ENDS, LABEL));
                    }
                    let ends = if self.cell(child, LABEL) == 0 { 0 } else { ENDS };
                    self.set(state, class, child | ends);
                }
            }
        }
    }

    /// Reads on from a state; `Err` is the label of a text that ends here.
    pub(super) fn read(&self, mut state: u32, bytes: &[u8]) -> Result<u32, u32> {
        let mut rest = bytes;
        loop {
            if state == Self::START {
                // Most bytes begin nothing: no step for these.
                let begins = |byte: &u8| self.begins.get(usize::from(*byte)) == Some(&true);
                let skipped = rest.iter().position(begins).unwrap_or(rest.len());
                rest = rest.get(skipped..).unwrap_or_default();
            }
            let Some((byte, others)) = rest.split_first() else { return Ok(state) };
            state = self.cell(state, self.class(*byte));
            if state >= ENDS {
                return Err(self.cell(state & !ENDS, LABEL));
            }
            rest = others;
        }
    }

    /// How many of the bytes read last are the beginning of a text.
    pub(super) fn depth(&self, state: u32) -> usize {
        usize::try_from(self.cell(state, DEPTH)).unwrap_or(usize::MAX)
    }

    #[inline]
    fn class(&self, byte: u8) -> usize {
        usize::from(self.classes.get(usize::from(byte)).copied().unwrap_or(FIRST))
    }

    #[inline]
    fn cell(&self, state: u32, place: usize) -> u32 {
        let row = usize::try_from(state).unwrap_or(usize::MAX);
        self.table.get(row.saturating_add(place)).copied().unwrap_or(Self::START)
    }

    fn set(&mut self, state: u32, place: usize, value: u32) {
        let row = usize::try_from(state).unwrap_or(usize::MAX);
        if let Some(cell) = self.table.get_mut(row.saturating_add(place)) {
            *cell = value;
        }
    }

    fn add_row(&mut self, depth: u32) -> u32 {
        let row = u32::try_from(self.table.len()).unwrap_or(Self::START);
        self.table.extend(std::iter::repeat_n(0, self.width));
        self.set(row, DEPTH, depth);
        row
    }
}
