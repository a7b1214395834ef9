//! A few records that share a bounded room.

use super::ladder::Ladder;
use super::moment::Moment;
use super::record::{Record, Wait};

/// The keyed hash under which a subject is kept.
pub type Key = [u8; 16];

/// The records whose keys begin alike, in a room for a fixed number of them.
///
/// A newcomer to a full room takes the place of whoever owes least, never of one that is locked, and
/// begins with what the evicted owed. So nobody's failures are ever forgotten before their time,
/// whatever number of names a flood brings: the count of a subject is never below the truth (the
/// argument of Space-Saving, Metwally et al. 2005).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    records: Vec<(Key, Record)>,
    floor: Record,
}

impl Set {
    /// Puts together what a store has kept of a set.
    #[must_use]
    pub const fn new(records: Vec<(Key, Record)>, floor: Record) -> Self {
        Self { records, floor }
    }

    /// Returns the records.
    #[must_use]
    pub fn records(&self) -> &[(Key, Record)] {
        &self.records
    }

    /// Returns what newcomers begin with.
    #[must_use]
    pub const fn floor(&self) -> &Record {
        &self.floor
    }

    pub(super) fn age(&mut self, ladder: &Ladder, now: Moment) {
        self.floor = self.floor.aged(ladder, now);
        for (_, record) in &mut self.records {
            *record = record.aged(ladder, now);
        }
        self.records.retain(|(_, record)| !record.is_empty());
    }

    /// Says whether a record is from the future: the clock went back.
    #[cfg(any(feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
    pub(super) fn is_ahead_of(&self, now: Moment) -> bool {
        self.records.iter().any(|(_, record)| record.last() > now)
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Record> {
        self.records.iter().find(|(own, _)| own == key).map(|(_, record)| record)
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Record> {
        self.records.iter_mut().find(|(own, _)| own == key).map(|(_, record)| record)
    }

    pub(super) fn remove(&mut self, key: &Key) {
        self.records.retain(|(own, _)| own != key);
    }

    /// Returns how long this key must wait, be it locked or kept out by those who are.
    pub(super) fn locked(&self, key: &Key, room: usize, now: Moment) -> Option<Wait> {
        if let Some(record) = self.get(key) {
            return record.locked(now);
        }
        let floor = self.floor.locked(now);
        if self.records.len() < room {
            return floor;
        }
        // A room full of locked ones: the first lock that ends makes way.
        let waits = self.records.iter().map(|(_, record)| record.locked(now));
        waits.min().flatten().max(floor)
    }

    /// The same, where no store knows all that it is locked for.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn locked_alone(&self, key: &Key, now: Moment) -> Option<Wait> {
        self.get(key).unwrap_or(&self.floor).locked_alone(now)
    }

    /// Returns the record of this key, with a place made for it; `None` when all are locked.
    pub(super) fn entry(&mut self, key: &Key, room: usize, now: Moment) -> Option<&mut Record> {
        if self.get(key).is_none() {
            while self.records.len() >= room {
                self.evict(now)?;
            }
            self.records.push((*key, self.floor));
        }
        self.get_mut(key)
    }

    /// Puts a record where it was before a restart, unless those who owe more need the room.
    pub(super) fn put(&mut self, key: Key, record: Record, room: usize) {
        self.remove(&key);
        self.records.push((key, record));
        if self.records.len() > room {
            let debts = self.records.iter().enumerate();
            let least =
                debts.min_by_key(|(_, (key, record))| (record.until(), record.debt(), *key));
            if let Some((slot, _)) = least {
                let (_, evicted) = self.records.swap_remove(slot);
                self.floor = self.floor.floor(&evicted);
            }
        }
    }

    pub(super) fn raise_floor(&mut self, to: &Record) {
        self.floor = self.floor.floor(to);
    }

    /// Does the best for a record that finds all others locked: no newcomer owes less.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn leave_out(&mut self, record: &Record, now: Moment) {
        self.floor = self.floor.floor_locked(record, now);
    }

    fn evict(&mut self, now: Moment) -> Option<()> {
        let open = self.records.iter().enumerate().filter(|(_, (_, r))| r.locked(now).is_none());
        let (slot, _) = open.min_by_key(|(_, (key, record))| (record.debt(), *key))?;
        let (_, evicted) = self.records.swap_remove(slot);
        self.floor = self.floor.floor(&evicted);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lockout::answer::Answer;
    use crate::lockout::claim::{Claim, Kind, Subject};

    fn claim(account: u8) -> Claim {
        Claim::new(Subject::new(Kind::Account, [account; 16], Ladder::ACCOUNT), None, 1)
    }

    #[test]
    fn who_is_locked_stays_though_another_owes_more() {
        let now = Moment::from_millis(1 << 40);
        let record = |failures, until: Moment| {
            Record::from_words([failures, failures, now.as_millis(), until.as_millis(), 0, 0, 0, 0])
        };
        let locked = record(5, now.after(std::time::Duration::from_secs(30)));
        let open = record(9, Moment::ZERO);
        let mut set = Set::new(vec![([1; 16], locked), ([2; 16], open)], Record::default());
        let Answer::Reserved(reserved) = claim(3).begin(&mut [&mut set], 2, now) else {
            panic!("there is room");
        };
        assert_eq!(set.get(&[1; 16]), Some(&locked));
        assert_eq!(set.get(&[2; 16]), None);
        assert_eq!(reserved.account.failures, 10, "it owes what the displaced one did");
        let answer = claim(1).begin(&mut [&mut set], 2, now);
        assert!(matches!(answer, Answer::Locked(_)));
    }

    proptest! {
        /// In a room for three, whatever a flood of names does, nobody is looked at when their own
        /// failures, remembered without bound, would have locked them.
        #[test]
        fn nobody_is_looked_at_who_would_be_locked_in_an_unbounded_table(
            steps in prop::collection::vec((0_u8..12, 0_u8..8, 0_u64..400), 1..300),
        ) {
            let (mut bounded, mut truth) = (Set::default(), Set::default());
            let mut now = Moment::from_millis(1 << 40);
            for (account, what, seconds) in steps {
                let claim = claim(account);
                let answer = claim.begin(&mut [&mut bounded], 3, now);
                prop_assert!(bounded.records().len() <= 3);
                if let Answer::Reserved(reserved) = answer {
                    let exact = claim.begin(&mut [&mut truth], usize::MAX, now);
                    let Answer::Reserved(exact) = exact else {
                        return Err(TestCaseError::fail(format!("{account}: {exact:?}")));
                    };
                    prop_assert!(reserved.account.failures >= exact.account.failures);
                    prop_assert!(reserved.account.consecutive >= exact.account.consecutive);
                    if what == 0 {
                        claim.succeed(&reserved, &mut [&mut bounded], now);
                        claim.succeed(&exact, &mut [&mut truth], now);
                    }
                }
                let pause = if what == 1 { seconds.saturating_mul(400) } else { seconds };
                now = now.after(std::time::Duration::from_secs(pause));
            }
        }

        /// Whatever integers a store gives back, and whichever way the clock goes, nothing breaks.
        #[test]
        fn any_words_are_a_record(words in prop::array::uniform8(any::<u64>()), now in any::<u64>()) {
            let record = Record::from_words(words);
            prop_assert_eq!(Record::from_words(record.words()), record);
            let mut set = Set::new(vec![([1; 16], record)], record);
            let now = Moment::from_millis(now);
            for account in [1, 2] {
                let answer = claim(account).begin(&mut [&mut set], 2, now);
                if let Answer::Reserved(reserved) = answer {
                    claim(account).succeed(&reserved, &mut [&mut set], now);
                }
            }
        }
    }
}
