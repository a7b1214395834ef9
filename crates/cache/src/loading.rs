//! What a loader sees and says.

use std::fmt;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::entry::Tags;
use crate::tag::{self, TagId};

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
    wishes: Arc<Mutex<Wishes>>,
    hasher: RandomState,
    previous: Option<Arc<V>>,
}

/// What a loader asked for.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) tags: Tags,
    pub(crate) ttl: Option<Duration>,
    /// More tags than can be kept: what has them all must not be stored with some of them.
    pub(crate) overtagged: bool,
}

impl<V> Loading<V> {
    pub(crate) fn new(hasher: RandomState, previous: Option<Arc<V>>) -> Self {
        Self { wishes: Arc::default(), hasher, previous }
    }

    pub(crate) fn wishes(&self) -> Arc<Mutex<Wishes>> {
        Arc::clone(&self.wishes)
    }

    /// Puts the entry under a tag; [`Cache::invalidate_tag`](crate::Cache::invalidate_tag) ends all
    /// entries of it, and this load if it began before.
    ///
    /// Numbers of all widths and their digits as text name the same tag. An entry may have 32 tags;
    /// one with more is given to those who wait for it and not stored.
    pub fn tag<'a>(&self, kind: &str, id: impl Into<TagId<'a>>) {
        let hash = tag::hash(&self.hasher, kind, id.into());
        let mut wishes = locked(&self.wishes);
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
        locked(&self.wishes).ttl = Some(ttl);
    }

    /// Returns the stale value in whose place this load is, if there is one: its version can be
    /// asked after instead of its content, and [`Answer::Kept`] renews it.
    #[must_use]
    pub const fn previous(&self) -> Option<&Arc<V>> {
        self.previous.as_ref()
    }
}

/// A loader that panicked while it named a tag has lost its load anyway.
pub(crate) fn locked(wishes: &Mutex<Wishes>) -> std::sync::MutexGuard<'_, Wishes> {
    wishes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<V> fmt::Debug for Loading<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous = self.previous.is_some();
        f.debug_struct("Loading").field("previous", &previous).finish_non_exhaustive()
    }
}
