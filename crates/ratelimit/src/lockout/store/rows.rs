//! Sets as rows of a table.

use crate::lockout::claim::{Claim, Kind};
use crate::lockout::moment::Moment;
use crate::lockout::record::Record;
use crate::lockout::set::{Key, Set};
use crate::store::{StoreError, StoreErrorKind};

/// Keys with the same first two bytes share a set; its floor is the row with the lowest of them.
///
/// A range of keys and no column of its own: so the room of a set can change over a table that is
/// in use.
const SHARED_BYTES: usize = 2;

/// A row as a database gives it: kind, key, the words of the record.
pub(super) type Row = (i64, Vec<u8>, Vec<i64>);

/// What a step of the lockout has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) write: Vec<(i64, Key, [i64; Record::WORDS])>,
    pub(super) remove: Vec<(i64, Key)>,
}

impl Changes {
    #[cfg(any(feature = "sqlx-postgres", test))]
    pub(super) const fn is_empty(&self) -> bool {
        self.write.is_empty() && self.remove.is_empty()
    }
}

/// The sets of a sign-in, as they are and as they were.
#[derive(Debug)]
pub(super) struct Loaded {
    sets: Vec<(Kind, Key, Set)>,
    before: Vec<Set>,
}

impl Loaded {
    /// Sorts rows into the sets of the claim's subjects.
    pub(super) fn new(claim: &Claim, rows: Vec<Row>) -> Result<Self, StoreError> {
        let subjects = claim.subjects().map(|subject| (subject.kind, subject.key));
        Self::of(subjects.collect(), rows)
    }

    fn of(subjects: Vec<(Kind, Key)>, rows: Vec<Row>) -> Result<Self, StoreError> {
        let rows: Vec<(i64, Key, Record)> =
            rows.into_iter().map(parse).collect::<Option<_>>().ok_or_else(unknown)?;
        let sets = subjects.into_iter().map(|(kind, key)| {
            let (lowest, highest) = range(&key);
            let mut floor = Record::default();
            let mut records = Vec::new();
            for (_, key, record) in rows.iter().filter(|(found, ..)| *found == number(kind)) {
                if *key == lowest {
                    floor = *record;
                } else if (lowest..=highest).contains(key) {
                    records.push((*key, *record));
                }
            }
            (kind, lowest, Set::new(records, floor))
        });
        let sets: Vec<_> = sets.collect();
        let before = sets.iter().map(|(.., set)| set.clone()).collect();
        Ok(Self { sets, before })
    }

    /// Lets a decision change the sets.
    pub(super) fn with<T>(&mut self, act: impl FnOnce(&mut [&mut Set]) -> T) -> T {
        let mut sets: Vec<&mut Set> = self.sets.iter_mut().map(|(.., set)| set).collect();
        act(&mut sets)
    }

    /// Says whether a record is from the future: the clock went back, which must be written down.
    pub(super) fn is_ahead_of(&self, now: Moment) -> bool {
        self.before.iter().any(|set| set.is_ahead_of(now))
    }

    /// Returns what has changed.
    pub(super) fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for ((kind, lowest, after), before) in self.sets.iter().zip(&self.before) {
            let kind = number(*kind);
            for (key, record) in after.records() {
                if before.get(key) != Some(record) {
                    changes.write.push((kind, *key, words(record)));
                }
            }
            for (key, _) in before.records() {
                if after.get(key).is_none() {
                    changes.remove.push((kind, *key));
                }
            }
            if after.floor() != before.floor() {
                if after.floor().is_empty() {
                    changes.remove.push((kind, *lowest));
                } else {
                    changes.write.push((kind, *lowest, words(after.floor())));
                }
            }
        }
        changes
    }
}

/// The lowest and the highest key of the set that this key belongs to.
pub(super) fn range(key: &Key) -> (Key, Key) {
    let (mut lowest, mut highest) = ([0; 16], [u8::MAX; 16]);
    for ((low, high), byte) in lowest.iter_mut().zip(&mut highest).zip(key).take(SHARED_BYTES) {
        (*low, *high) = (*byte, *byte);
    }
    (lowest, highest)
}

pub(super) fn number(kind: Kind) -> i64 {
    kind.number().into()
}

pub(super) const fn unknown() -> StoreError {
    StoreError::new(StoreErrorKind::Answer)
}

fn parse(row: Row) -> Option<(i64, Key, Record)> {
    let (kind, key, words) = row;
    let words: [i64; Record::WORDS] = words.try_into().ok()?;
    let record = Record::from_words(words.map(|word| u64::try_from(word).unwrap_or(0)));
    Some((kind, key.try_into().ok()?, record))
}

fn words(record: &Record) -> [i64; Record::WORDS] {
    record.words().map(|word| i64::try_from(word).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockout::claim::Subject;
    use crate::lockout::ladder::Ladder;

    fn claim(key: Key) -> Claim {
        Claim::new(Subject::new(Kind::Account, key, Ladder::ACCOUNT), None, 1)
    }

    #[test]
    fn only_what_changed_is_written() {
        let (own, other) = ([9; 16], [9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        let row = |key: Key| (0, key.to_vec(), vec![2, 2, 1000, 0, 1 << 16 | 2, 0, 0, 0]);
        let mut loaded = Loaded::new(&claim(own), vec![row(own), row(other)]).unwrap();
        assert!(loaded.changes().is_empty());
        let now = Moment::from_millis(2000);
        loaded.with(|sets| claim(own).begin(sets, 4, now));
        let changes = loaded.changes();
        assert_eq!(changes.write, [(0, own, [3, 3, 2000, 0, 1 << 16 | 3, 0, 0, 0])]);
        assert!(changes.remove.is_empty());
    }

    #[test]
    fn an_eviction_writes_the_floor_under_the_lowest_key_of_the_set() {
        let words = vec![3, 3, 1000, 0, 0, 0, 0, 0];
        let row =
            |last: u8| (0, vec![9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, last], words.clone());
        let own = [9; 16];
        let mut loaded = Loaded::new(&claim(own), vec![row(1), row(2)]).unwrap();
        loaded.with(|sets| claim(own).begin(sets, 2, Moment::from_millis(2000)));
        let changes = loaded.changes();
        let lowest = [9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let evicted: Key = row(1).1.try_into().unwrap();
        assert_eq!(changes.remove, [(0, evicted)]);
        assert!(changes.write.contains(&(0, lowest, [3, 3, 1000, 0, 0, 0, 0, 0])));
        assert!(changes.write.iter().any(|(_, key, words)| *key == own && words[0] == 4));
        // As a later sign-in reads it.
        let rows = vec![(0, lowest.to_vec(), words)];
        let loaded = Loaded::new(&claim(own), rows).unwrap();
        assert_eq!(loaded.sets[0].2.floor().failures(), 3);
        assert!(loaded.sets[0].2.records().is_empty());
    }

    #[test]
    fn a_key_of_another_length_is_not_understood() {
        let rows = vec![(0, vec![1, 2, 3], vec![0; 8])];
        assert_eq!(Loaded::new(&claim([9; 16]), rows).unwrap_err().kind(), StoreErrorKind::Answer);
    }
}
