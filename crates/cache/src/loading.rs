//! What a loader sees and says.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::entry::Tags;
use crate::tag::{Hasher, TagId};
use crate::tier::Tier;

/// The most tags that one entry may have.
const MOST_TAGS: usize = 32;

/// What a loader found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer<V> {
    /// The value.
    Found(V),
    /// There is none; that is remembered where the cache has a negative time to live.
    Absent,
    /// The [previous](Loading::previous) value holds on.
    Kept,
}

/// The load that a loader serves: it takes tags and a time to live, and shows the value that was
/// there.
pub struct Loading<V> {
    talk: Arc<Talk<V>>,
    hasher: Hasher,
}

/// What a loader and the task that runs it tell each other.
pub(crate) struct Talk<V> {
    pub(crate) wishes: Mutex<Wishes>,
    /// What is there, stale: known when the loader is called, or found before it is run.
    pub(crate) previous: OnceLock<Arc<V>>,
}

impl<V> Talk<V> {
    pub(crate) fn new(previous: Option<Arc<V>>) -> Self {
        let previous = previous.map_or_else(OnceLock::new, OnceLock::from);
        Self { wishes: Mutex::default(), previous }
    }

    /// A loader that panicked while it named a tag has lost its load anyway.
    pub(crate) fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a loader asked for.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) tags: Tags,
    pub(crate) ttl: Option<Duration>,
    pub(crate) tier: Option<Tier>,
    /// More tags than can be kept: what has them all must not be stored with some of them.
    pub(crate) overtagged: bool,
}

impl<V> Loading<V> {
    pub(crate) const fn new(hasher: Hasher, talk: Arc<Talk<V>>) -> Self {
        Self { talk, hasher }
    }

    /// Puts the entry under a tag; [`Cache::invalidate_tag`](crate::Cache::invalidate_tag) ends all
    /// entries of it, and this load if it began before.
    ///
    /// Numbers of all widths and their digits as text name the same tag. An entry may have 32 tags;
    /// one with more is given to those who wait for it and not stored.
    pub fn tag<'a>(&self, kind: &str, id: impl Into<TagId<'a>>) {
        let hash = self.hasher.of(kind, id.into());
        let mut wishes = self.talk.wishes();
        if wishes.tags.contains(&hash) {
            return;
        }
        if wishes.tags.len() < MOST_TAGS {
            wishes.tags.push(hash);
        } else {
            wishes.overtagged = true;
        }
    }

    /// Gives the entry a time to live of its own, without jitter; zero is not to store it.
    pub fn ttl(&self, ttl: Duration) {
        self.talk.wishes().ttl = Some(ttl);
    }

    /// Gives the value the time to live of a tier, with its jitter, in place of the cache's.
    pub fn tier(&self, tier: Tier) {
        self.talk.wishes().tier = Some(tier);
    }

    /// Returns the stale value in whose place this load is, if there is one: its version can be
    /// asked after instead of its content, and [`Answer::Kept`] renews it.
    #[must_use]
    pub fn previous(&self) -> Option<&Arc<V>> {
        self.talk.previous.get()
    }
}

impl<V> fmt::Debug for Loading<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous = self.previous().is_some();
        f.debug_struct("Loading").field("previous", &previous).finish_non_exhaustive()
    }
}
