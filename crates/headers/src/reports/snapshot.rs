//! What a dashboard shows.

use std::sync::Arc;
use std::time::SystemTime;

use super::tally::Slot;
use super::{Noise, Refused, Violation};

/// What a [`Collector`](super::Collector) has seen up to one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) violations: Vec<Observed>,
    pub(super) counted: u64,
    pub(super) noise: Vec<(Noise, u64)>,
    pub(super) refused: Vec<(Refused, u64)>,
}

impl Snapshot {
    /// Returns the violations that come most often, the surest first.
    #[must_use]
    pub fn violations(&self) -> &[Observed] {
        &self.violations
    }

    /// Returns how many reports were counted as violations.
    #[must_use]
    pub const fn counted(&self) -> u64 {
        self.counted
    }

    /// Returns how many reports of each class were noise.
    #[must_use]
    pub fn noise(&self) -> &[(Noise, u64)] {
        &self.noise
    }

    /// Returns how many requests and reports were refused for each reason.
    #[must_use]
    pub fn refused(&self) -> &[(Refused, u64)] {
        &self.refused
    }
}

/// A violation and how often it came.
#[derive(Clone, Debug)]
pub struct Observed {
    slot: Slot<Violation>,
}

impl Observed {
    pub(super) const fn new(slot: Slot<Violation>) -> Self {
        Self { slot }
    }

    /// Returns the violation.
    #[must_use]
    pub fn violation(&self) -> &Violation {
        Arc::as_ref(&self.slot.item)
    }

    /// Returns a count that is not above the true one.
    #[must_use]
    pub const fn at_least(&self) -> u64 {
        self.slot.at_least
    }

    /// Returns a count that is not below the true one: larger than
    /// [`at_least`](Self::at_least) by what the item that it displaced had.
    #[must_use]
    pub const fn at_most(&self) -> u64 {
        self.slot.at_most
    }

    /// Returns when it came into the table.
    #[must_use]
    pub const fn first_seen(&self) -> SystemTime {
        self.slot.first_seen
    }

    /// Returns when it came last.
    #[must_use]
    pub const fn last_seen(&self) -> SystemTime {
        self.slot.last_seen
    }

    /// Returns the line of [`Violation::source`] in the last report that named one.
    #[must_use]
    pub const fn line(&self) -> Option<u64> {
        self.slot.line
    }
}
