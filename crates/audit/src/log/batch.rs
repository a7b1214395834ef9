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

    /// Empties it for the next events; a large one that was hardly used becomes a small one.
    pub(super) fn reset(&mut self) {
        empty(&mut self.bodies);
        self.ends.clear();
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

/// Empties a buffer, which keeps its room if this time it used much of it.
pub(super) fn empty(buffer: &mut Vec<u8>) {
    const SMALL: usize = 1 << 20;
    if buffer.len() < SMALL / 4 {
        buffer.shrink_to(SMALL);
    }
    buffer.clear();
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
