//! A part of an answer.

use serde::Serialize;

/// How many events a page has: 50 if not said otherwise, 200 at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// The most that a page has.
    pub const MOST: u16 = 200;

    /// Takes a number; one that is out of range is the nearest that is not.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self(u16::try_from(limit).unwrap_or(u16::MAX).clamp(1, Self::MOST))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

/// A part of an answer, newest events first.
///
/// A page may have fewer events than asked for and still have more behind it: a search that finds nothing
/// in a million events pauses there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The events.
    pub items: Vec<T>,
    /// Whether there may be more.
    pub has_more: bool,
    /// What to ask the next page with, if there may be more.
    pub next_cursor: Option<String>,
}
