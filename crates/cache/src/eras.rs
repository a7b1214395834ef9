//! Counters by which entries are invalidated without being found: no clock, no list, no scan.
//!
//! This is the decision behind [`Cache`](crate::Cache), for caches of another kind. One counter tells the era. To invalidate a tag is to begin an era and to note its number in the
//! tag's slot; a load notes the era in which it began. An entry holds if none of its tags was noted
//! later than that. Tags that share a slot are invalidated together: that costs a load, and never
//! serves an old value.

use crate::atomic::{AtomicU32, AtomicU64, Ordering};

use std::num::NonZeroUsize;

/// The eras of one cache.
///
/// # Example
///
/// ```
/// use palisade_cache::eras::Eras;
/// use std::num::NonZeroUsize;
///
/// let eras = Eras::new(NonZeroUsize::MIN.saturating_add(4095));
/// let began = eras.begin();
/// // ... a slow read, and meanwhile:
/// eras.end_tag(7);
/// assert!(!eras.hold(began, &[7]));
/// assert!(eras.hold(eras.begin(), &[7]));
/// ```
#[derive(Debug)]
pub struct Eras {
    now: AtomicU64,
    slots: Box<[AtomicU64]>,
    cleared: AtomicU32,
}

/// When a load began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    pub(crate) era: u64,
    pub(crate) cleared: u32,
}

impl Eras {
    /// Begins the first era; a slot is 8 bytes, and tags share them.
    #[must_use]
    pub fn new(slots: NonZeroUsize) -> Self {
        Self {
            now: AtomicU64::new(0),
            slots: (0..slots.get()).map(|_| AtomicU64::new(0)).collect(),
            cleared: AtomicU32::new(0),
        }
    }

    /// Notes the beginning of a load; to be called before the loader reads anything.
    #[must_use]
    pub fn begin(&self) -> Began {
        Began { era: self.now.load(Ordering::SeqCst), cleared: self.cleared() }
    }

    /// Ends what began before now under a tag, which is given as its hash. A number below that of
    /// the slots is the hash of the slot with that number.
    pub fn end_tag(&self, hash: u64) {
        let era = self.now.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        if let Some(slot) = self.slots.get(self.slot(hash)) {
            slot.fetch_max(era, Ordering::SeqCst);
        }
    }

    /// Ends everything.
    pub fn end_all(&self) {
        self.cleared.fetch_add(1, Ordering::SeqCst);
    }

    #[inline]
    pub(crate) fn cleared(&self) -> u32 {
        self.cleared.load(Ordering::SeqCst)
    }

    /// Says whether what began then, under these tags, holds.
    #[must_use]
    pub fn hold(&self, began: Began, tags: &[u64]) -> bool {
        began.cleared == self.cleared() && self.hold_tags(began.era, tags)
    }

    /// Says whether what began then will do for somebody who asked at another time: it began later, or
    /// nothing ended it.
    pub(crate) fn will_do(&self, began: Began, tags: Option<&[u64]>, asked: Began) -> bool {
        began.era >= asked.era
            || began.cleared == asked.cleared
                && tags.is_some_and(|tags| self.hold_tags(began.era, tags))
    }

    pub(crate) fn hold_tags(&self, began: u64, tags: &[u64]) -> bool {
        tags.iter().all(|hash| {
            let slot = self.slots.get(self.slot(*hash));
            slot.is_some_and(|slot| slot.load(Ordering::SeqCst) <= began)
        })
    }

    fn slot(&self, hash: u64) -> usize {
        let slots = u64::try_from(self.slots.len()).unwrap_or(u64::MAX);
        usize::try_from(hash.checked_rem(slots).unwrap_or(0)).unwrap_or(0)
    }
}

#[cfg(all(test, not(palisade_loom)))]
mod tests {
    use super::*;

    fn eras() -> Eras {
        Eras::new(NonZeroUsize::MIN.saturating_add(4095))
    }

    #[test]
    fn what_began_before_an_invalidation_does_not_hold_after_it() {
        let eras = eras();
        let before = eras.begin();
        assert!(eras.hold(before, &[1, 2]));
        eras.end_tag(2);
        assert!(eras.hold(before, &[1]));
        assert!(!eras.hold(before, &[1, 2]));
        let after = eras.begin();
        assert!(eras.hold(after, &[1, 2]));
        eras.end_all();
        assert!(!eras.hold(after, &[]));
        assert!(eras.hold(eras.begin(), &[1, 2]));
    }

    #[test]
    fn a_tag_in_a_shared_slot_ends_the_other_and_never_revives_it() {
        let eras = eras();
        let began = eras.begin();
        eras.end_tag(5 + 4096);
        assert!(!eras.hold(began, &[5]));
        eras.end_tag(5);
        assert!(!eras.hold(began, &[5 + 4096]));
    }
}
