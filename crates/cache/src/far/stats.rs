//! What a far tier did.

use std::sync::atomic::Ordering;

use palisade_resilience::breaker::Phase;

use super::FarTier;

/// Counts since a tier was started, and how it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FarStats {
    /// Calls that failed or took too long.
    pub failures: u64,
    /// Calls that the open breaker refused.
    pub refused: u64,
    /// Invalidations that were heard of.
    pub announcements: u64,
    /// How often everything in memory was dropped, since something may not have been heard.
    pub flushes: u64,
    /// Counters that the store is still to be told of.
    pub debts: usize,
    /// Whether every invalidation up to the bound is known.
    pub is_heard: bool,
    /// The phase of the breaker.
    pub breaker: Phase,
}

impl FarStats {
    pub(super) fn of(tier: &FarTier) -> Self {
        let shared = &tier.shared;
        Self {
            failures: shared.guard.failures.load(Ordering::Relaxed),
            refused: shared.guard.refused.load(Ordering::Relaxed),
            announcements: shared.hearing.announcements.load(Ordering::Relaxed),
            flushes: shared.hearing.flushes.load(Ordering::Relaxed),
            debts: shared.debts.len(),
            is_heard: shared.hearing.is_sure(),
            breaker: shared.guard.breaker.phase(),
        }
    }
}
