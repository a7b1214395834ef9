//! Where lines go.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::Level;

use crate::writer::Writer;

/// A place for lines.
pub trait Lines: Send + Sync + 'static {
    /// Takes a line with its end; must not wait and must not make events.
    fn line(&self, level: Level, line: &str);
}

/// The writers of a program: everything goes to some of them, errors to others in addition.
#[derive(Clone, Debug, Default)]
pub struct Log {
    all: Vec<Writer>,
    errors: Vec<Writer>,
}

impl Log {
    /// Returns a log that goes nowhere.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends every line to this writer.
    #[must_use]
    pub fn all_to(mut self, writer: Writer) -> Self {
        self.all.push(writer);
        self
    }

    /// Sends lines of level `ERROR` to this writer.
    #[must_use]
    pub fn errors_to(mut self, writer: Writer) -> Self {
        self.errors.push(writer);
        self
    }

    /// Sends to the writers of another log too.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.all.extend(other.all.iter().cloned());
        self.errors.extend(other.errors.iter().cloned());
        self
    }

    /// Returns the writers.
    pub fn writers(&self) -> impl Iterator<Item = &Writer> {
        self.all.iter().chain(&self.errors)
    }

    /// Waits until everything that was taken so far is written or lost, at most so long for each
    /// writer; returns whether it was in time.
    #[must_use]
    pub fn flush(&self, patience: Duration) -> bool {
        let mut all = true;
        for writer in self.writers() {
            all &= writer.flush(patience);
        }
        all
    }
}

impl Lines for Log {
    fn line(&self, level: Level, line: &str) {
        let errors = self.errors.iter().filter(|_| level == Level::ERROR);
        for writer in self.all.iter().chain(errors) {
            // Whoever writes a log has no use for the news that it is full; it is counted and
            // declared in the log itself.
            let _ = writer.push(line.as_bytes());
        }
    }
}

/// Lines kept in memory, for tests; beyond 16 MiB no more are kept.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    text: Arc<Mutex<String>>,
}

impl Captured {
    const MOST: usize = 16 << 20;

    /// Returns an empty one; its clones show the same lines.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns all lines so far.
    #[must_use]
    pub fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Lines for Captured {
    fn line(&self, _: Level, line: &str) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        if text.len().saturating_add(line.len()) <= Self::MOST {
            text.push_str(line);
        }
    }
}
