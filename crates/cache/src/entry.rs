//! What the memory holds of a value.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::eras::{Began, Eras};
use crate::freshness::{Cost, Term};

/// Tags of one entry, as hashes.
pub(crate) type Tags = SmallVec<[u64; 4]>;

/// A value, or the knowledge that there is none, and how long it holds.
pub(crate) struct Entry<V> {
    pub(crate) value: Option<Arc<V>>,
    more: Option<Arc<More>>,
    fresh_until: u32,
    origin: Origin,
}

/// What few entries have.
#[derive(Clone, Default)]
struct More {
    /// The era in which its load began; of an entry with tags.
    began: u64,
    /// The tick at which it came into memory; only told of what a far tier knows too.
    born: u32,
    /// After a load that failed: the first tick at which another is tried.
    retry_at: u32,
    tags: Tags,
}

/// Of how often everything had been cleared before the load began the lower 24 bits, and what the load
/// took.
#[derive(Clone, Copy)]
struct Origin(u32);

/// All entries are of one round of so many clearings, and so are told apart by the lower bits.
pub(crate) const ROUND: u32 = 1 << 24;

impl Origin {
    const fn new(cleared: u32, cost: Cost) -> Self {
        let [_, low @ ..] = cleared.to_be_bytes();
        Self(u32::from_be_bytes([cost.code(), low[0], low[1], low[2]]))
    }

    #[inline]
    const fn is_of(self, cleared: u32) -> bool {
        (self.0 ^ cleared) << 8 == 0
    }

    #[inline]
    const fn cost(self) -> Cost {
        let [code, ..] = self.0.to_be_bytes();
        Cost::of_code(code)
    }
}

impl<V> Entry<V> {
    pub(crate) fn new(
        value: Option<Arc<V>>,
        began: Began,
        born: u32,
        tags: Tags,
        term: Term,
    ) -> Self {
        let Term { fresh_until, retry_at, cost } = term;
        let more = (!tags.is_empty() || retry_at > 0)
            .then(|| Arc::new(More { began: began.era, born, retry_at, tags }));
        Self { value, more, fresh_until, origin: Origin::new(began.cleared, Cost::new(cost)) }
    }

    /// Says whether nothing invalidated it since its load began, if everything was cleared so often.
    #[inline]
    pub(crate) fn holds(&self, cleared: u32, eras: &Eras) -> bool {
        self.origin.is_of(cleared)
            && self.more.as_ref().is_none_or(|more| eras.hold_tags(more.began, &more.tags))
    }

    #[inline]
    pub(crate) fn term(&self) -> Term {
        let retry_at = self.more.as_ref().map_or(0, |more| more.retry_at);
        Term { fresh_until: self.fresh_until, retry_at, cost: self.origin.cost().micros() }
    }

    /// Notes that a load failed, and when the next is tried.
    pub(crate) fn retry_at(&mut self, tick: u32) {
        let more = self.more.as_deref().cloned().unwrap_or_default();
        self.more = Some(Arc::new(More { retry_at: tick, ..more }));
    }

    /// Returns the tick at which it came into memory.
    pub(crate) fn born(&self) -> u32 {
        self.more.as_ref().map_or(0, |more| more.born)
    }

    pub(crate) fn tags(&self) -> &[u64] {
        self.more.as_ref().map_or(&[], |more| &more.tags)
    }
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        let Self { value, more, fresh_until, origin } = self;
        Self {
            value: value.clone(),
            more: more.clone(),
            fresh_until: *fresh_until,
            origin: *origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_three_words() {
        assert_eq!(size_of::<Entry<String>>(), 24);
    }

    #[test]
    fn what_is_packed_is_read() {
        let eras = Eras::new(std::num::NonZeroUsize::MIN);
        for cleared in [0, 1, ROUND - 1, ROUND, ROUND + 7, u32::MAX] {
            let began = Began { era: 0, cleared };
            let term = Term { fresh_until: 9, retry_at: 0, cost: 96 };
            let mut entry = Entry::new(Some(Arc::new(1)), began, 0, Tags::new(), term);
            assert!(entry.holds(cleared, &eras) && !entry.holds(cleared.wrapping_add(1), &eras));
            assert_eq!((entry.term(), entry.born(), entry.tags()), (term, 0, &[][..]));
            entry.retry_at(5);
            assert_eq!(entry.term(), Term { retry_at: 5, ..term });
            assert!(entry.holds(cleared, &eras) && !entry.holds(cleared ^ 1, &eras));
        }
    }
}
