//! Fields with their values, written once.

use std::ops::Range;

/// Names and values, the latter as JSON; of one name only one value is kept.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    values: String,
    fields: Vec<(&'static str, Range<usize>)>,
}

/// Bytes that the fields of one event or span take at most.
const ROOM: usize = 64 * 1024;

impl Bound {
    /// Makes room for so many fields of a usual length.
    pub(crate) fn with_capacity(fields: usize) -> Self {
        const USUAL: usize = 40;
        let values = String::with_capacity(fields.saturating_mul(USUAL));
        Self { values, fields: Vec::with_capacity(fields) }
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.fields.clear();
    }

    /// Adds a field, in place of an earlier one of that name; `write` appends its value as JSON and
    /// is told how many bytes it should not exceed.
    pub(crate) fn set(&mut self, name: &'static str, write: impl FnOnce(&mut String, usize)) {
        let begin = self.values.len();
        write(&mut self.values, ROOM.saturating_sub(begin));
        let value = begin..self.values.len();
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => *place = value,
            None => self.fields.push((name, value)),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.fields
            .iter()
            .map(|(name, place)| (*name, self.values.get(place.clone()).unwrap_or("null")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_name_holds() {
        let mut bound = Bound::default();
        bound.set("a", |out, _| out.push('1'));
        bound.set("b", |out, _| out.push('2'));
        bound.set("a", |out, _| out.push('3'));
        assert_eq!(bound.iter().collect::<Vec<_>>(), [("a", "3"), ("b", "2")]);
    }
}
