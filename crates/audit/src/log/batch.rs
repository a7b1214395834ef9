//! Events that are written together.

use std::io;
use std::sync::Arc;

use crate::event::Body;
use crate::merkle::Hash;

/// Bodies of events, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) bodies: Vec<u8>,
    /// Where each one ends.
    pub(crate) ends: Vec<usize>,
}

impl Batch {
    pub(crate) fn push(&mut self, body: &Body) {
        self.bodies.extend_from_slice(&body.0);
        self.ends.push(self.bodies.len());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let body = self.bodies.get(start..*end).unwrap_or_default();
            start = *end;
            body
        })
    }
}

/// What was written: the number of the first event, and the hashes of all.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) first: u64,
    pub(crate) leaves: Vec<Hash>,
}

/// Why a batch was not written.
#[derive(Clone, Debug)]
pub(crate) enum CommitError {
    Full,
    Broken(Arc<io::Error>),
}
