//! What a check found.

use std::collections::BTreeMap;
use std::fmt;

/// What was done to a router that kept its secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Driven {
    /// Requests that were sent.
    pub requests: usize,
    /// Answers by their status.
    pub statuses: BTreeMap<u16, usize>,
    /// Requests that ended in a panic which the router did not catch, or in an error.
    pub unanswered: usize,
    /// Bytes that were searched, answers and sinks.
    pub searched: usize,
}

/// A canary that came out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leak {
    /// Who shows it.
    pub sink: String,
    /// Where it was sent.
    pub place: String,
    /// What stands around it.
    pub around: String,
}

/// All canaries that came out; displays as one line for each of the first twenty.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Leaks {
    /// Each by sink and place.
    pub leaks: Vec<Leak>,
}

impl fmt::Display for Leaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} secrets came out:", self.leaks.len())?;
        for Leak { sink, place, around } in self.leaks.iter().take(20) {
            writeln!(f, "{sink} shows what was sent as {place}: {around:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Leaks {}
