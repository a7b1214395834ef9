//! What a cache gave, and where it came from.

use std::ops::Deref;
use std::time::Duration;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was there and fresh.
    Hit,
    /// It was there, stale for so long; a load runs that nobody waits for.
    Stale(Duration),
    /// It was there, stale for so long; the load in its place failed, now or a moment ago.
    Degraded(Duration),
    /// This call loaded it.
    Loaded,
    /// It was in the far tier: another process loaded it.
    Far,
    /// Another call got it, and this one waited with it.
    Joined,
}

impl Outcome {
    /// Writes it as a member of `Cache-Status` (RFC 9211), by the name of the cache, a token.
    ///
    /// ```
    /// use palisade_cache::Outcome;
    ///
    /// assert_eq!(Outcome::Hit.cache_status("portal"), "portal; hit");
    /// assert_eq!(Outcome::Loaded.cache_status("portal"), "portal; fwd=uri-miss");
    /// ```
    #[must_use]
    pub fn cache_status(self, cache: &str) -> String {
        match self {
            Self::Hit => format!("{cache}; hit"),
            Self::Stale(stale) => format!("{cache}; hit; ttl=-{}", stale.as_secs()),
            Self::Degraded(stale) => {
                format!("{cache}; hit; ttl=-{}; detail=load-failed", stale.as_secs())
            }
            Self::Far => format!("{cache}; hit; detail=far"),
            Self::Loaded => format!("{cache}; fwd=uri-miss"),
            Self::Joined => format!("{cache}; fwd=uri-miss; collapsed"),
        }
    }
}

/// A value and where it came from; it derefs to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub outcome: Outcome,
}

impl<T> Fetched<T> {
    pub(crate) const fn new(value: T, outcome: Outcome) -> Self {
        Self { value, outcome }
    }
}

impl<T> Deref for Fetched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
