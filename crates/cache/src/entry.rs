//! What the memory holds of a value.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::eras::{Began, Eras};
use crate::freshness::Term;

/// Tags of one entry, as hashes.
pub(crate) type Tags = SmallVec<[u64; 4]>;

/// A value, or the knowledge that there is none, and how long it holds.
pub(crate) struct Entry<V> {
    pub(crate) value: Option<Arc<V>>,
    /// Only of an entry with tags.
    tagged: Option<Arc<Tagged>>,
    cleared: u32,
    pub(crate) term: Term,
}

struct Tagged {
    began: u64,
    /// The tick at which it came into memory; only told of what a far tier knows too.
    born: u32,
    tags: Tags,
}

impl<V> Entry<V> {
    pub(crate) fn new(
        value: Option<Arc<V>>,
        began: Began,
        born: u32,
        tags: Tags,
        term: Term,
    ) -> Self {
        let tagged = if tags.is_empty() {
            None
        } else {
            Some(Arc::new(Tagged { began: began.era, born, tags }))
        };
        Self { value, tagged, cleared: began.cleared, term }
    }

    /// Says whether nothing invalidated it since its load began.
    #[inline]
    pub(crate) fn holds(&self, eras: &Eras) -> bool {
        self.cleared == eras.cleared()
            && self.tagged.as_ref().is_none_or(|tagged| eras.hold_tags(tagged.began, &tagged.tags))
    }

    /// Returns the tick at which it came into memory.
    pub(crate) fn born(&self) -> u32 {
        self.tagged.as_ref().map_or(0, |tagged| tagged.born)
    }

    pub(crate) fn tags(&self) -> &[u64] {
        self.tagged.as_ref().map_or(&[], |tagged| &tagged.tags)
    }
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        let Self { value, tagged, cleared, term } = self;
        Self { value: value.clone(), tagged: tagged.clone(), cleared: *cleared, term: *term }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_half_a_cache_line() {
        assert_eq!(size_of::<Entry<String>>(), 32);
    }
}
