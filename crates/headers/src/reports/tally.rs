//! The most frequent of many, in fixed memory.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::SystemTime;

/// Space-saving (Metwally, Agrawal, El Abbadi 2005): a newcomer takes the place of the rarest and
/// inherits its count as a possible error.
///
/// Whatever came more often than one in `capacity` times is in the table; the true count of what
/// is in it lies between `at_least` and `at_most`.
///
/// # Cost
///
/// O(log capacity) for each count, and no memory beyond `capacity` items.
#[derive(Debug)]
pub(super) struct Tally<T> {
    capacity: usize,
    slots: Vec<Slot<T>>,
    places: HashMap<Arc<T>, usize>,
    /// Counts with their slots, the rarest first.
    order: BTreeSet<(u64, usize)>,
}

/// One counted item.
#[derive(Debug)]
pub(super) struct Slot<T> {
    pub(super) item: Arc<T>,
    pub(super) at_most: u64,
    pub(super) at_least: u64,
    pub(super) first_seen: SystemTime,
    pub(super) last_seen: SystemTime,
    pub(super) line: Option<u64>,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { item: Arc::clone(&self.item), ..*self }
    }
}

impl<T: Eq + Hash> Tally<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            slots: Vec::with_capacity(capacity),
            // Places that were freed count as taken until the map is swept: twice the room.
            places: HashMap::with_capacity(capacity.saturating_mul(2)),
            order: BTreeSet::new(),
        }
    }

    /// Counts an item and returns whether it was not in the table.
    pub(super) fn add(&mut self, item: T, line: Option<u64>, now: SystemTime) -> bool {
        if let Some(&place) = self.places.get(&item) {
            if let Some(slot) = self.slots.get_mut(place) {
                self.order.remove(&(slot.at_most, place));
                slot.at_most = slot.at_most.saturating_add(1);
                slot.at_least = slot.at_least.saturating_add(1);
                slot.last_seen = now;
                slot.line = line.or(slot.line);
                self.order.insert((slot.at_most, place));
            }
            return false;
        }
        let item = Arc::new(item);
        let mut fresh = Slot {
            item: Arc::clone(&item),
            at_most: 1,
            at_least: 1,
            first_seen: now,
            last_seen: now,
            line,
        };
        let place = if self.slots.len() < self.capacity {
            self.slots.push(fresh.clone());
            self.slots.len().saturating_sub(1)
        } else {
            let Some((rarest, place)) = self.order.pop_first() else { return false };
            let Some(slot) = self.slots.get_mut(place) else { return false };
            fresh.at_most = rarest.saturating_add(1);
            self.places.remove(&slot.item);
            *slot = fresh.clone();
            place
        };
        self.order.insert((fresh.at_most, place));
        self.places.insert(item, place);
        true
    }

    /// Returns what is in the table, the surest first.
    pub(super) fn ranking(&self) -> Vec<Slot<T>> {
        let mut ranking = self.slots.clone();
        ranking.sort_by_key(|slot| std::cmp::Reverse((slot.at_least, slot.at_most)));
        ranking
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The two promises of the paper, against exact counts.
        #[test]
        fn frequent_items_are_in_and_counts_are_bounds(
            items in prop::collection::vec(0_u8..40, 0..600),
            capacity in 1_usize..12,
        ) {
            let mut tally = Tally::new(capacity);
            let mut exact: HashMap<u8, u64> = HashMap::new();
            for item in &items {
                exact.entry(*item).and_modify(|count| *count = count.saturating_add(1)).or_insert(1);
                tally.add(*item, None, SystemTime::UNIX_EPOCH);
            }
            let ranking = tally.ranking();
            prop_assert!(ranking.len() <= capacity);
            for slot in &ranking {
                let count = exact[&*slot.item];
                prop_assert!(slot.at_least <= count && count <= slot.at_most);
            }
            let bound = u64::try_from(items.len().div_euclid(capacity)).unwrap();
            for (item, count) in exact {
                if count > bound {
                    prop_assert!(ranking.iter().any(|slot| *slot.item == item), "{item} x {count}");
                }
            }
        }
    }
}
