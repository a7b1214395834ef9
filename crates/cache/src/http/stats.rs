//! What became of requests and answers.

use crate::stats::{Count, Tally};

/// Counts of a cache of answers since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpStats {
    /// Requests that were answered from the cache by a fresh answer.
    pub hits: u64,
    /// Requests that were answered by a stale one, as it or they allow.
    pub stale: u64,
    /// Requests for which nothing was there that could be given without asking.
    pub misses: u64,
    /// Requests that went past the cache: without an identity, with content, with two hosts, with a
    /// condition that is the handler's.
    pub bypassed: u64,
    /// Requests that were answered by what another request had brought.
    pub joined: u64,
    /// Answers that were kept.
    pub stored: u64,
    /// Answers that were found good still, by a 304.
    pub renewed: u64,
    /// Answers that were passed on and not kept, of those that the cache was to judge.
    pub refused: u64,
    /// Times that the handler failed, or said 500, 502, 503 or 504.
    pub failures: u64,
    /// Requests that got a stale answer for that.
    pub degraded: u64,
    /// URIs that went because others needed their room.
    pub evictions: u64,
}

impl HttpStats {
    pub(super) fn of(tally: &Tally) -> Self {
        Self {
            hits: tally.sum(Count::Hit),
            stale: tally.sum(Count::Stale),
            misses: tally.sum(Count::Miss),
            bypassed: tally.sum(Count::Bypass),
            joined: tally.sum(Count::Joined),
            stored: tally.sum(Count::Load),
            renewed: tally.sum(Count::Renewal),
            refused: tally.sum(Count::Refusal),
            failures: tally.sum(Count::Failure),
            degraded: tally.sum(Count::Degraded),
            evictions: tally.sum(Count::Eviction),
        }
    }
}
