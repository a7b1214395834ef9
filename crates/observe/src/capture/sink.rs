//! Who is told.

use std::sync::{Arc, Mutex, PoisonError};

use super::Report;

/// Somebody who takes reports; called on the thread of the capture, and may take its time.
pub trait ErrorSink: Send + 'static {
    /// Takes a report.
    ///
    /// # Errors
    ///
    /// [`SendError`]; the report is lost then, and counted.
    fn send(&mut self, report: &Report) -> Result<(), SendError>;
}

/// A report was not taken.
#[derive(Debug, thiserror::Error)]
#[error("an error report was not taken: {why}")]
#[non_exhaustive]
pub struct SendError {
    /// Why, in words that hold no secret.
    pub why: String,
}

impl SendError {
    /// Because of this.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

/// Reports kept in memory, for tests; beyond 1024 no more are kept.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    reports: Arc<Mutex<Vec<Report>>>,
}

impl Collected {
    const MOST: usize = 1024;

    /// Returns an empty one; its clones show the same reports.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns all reports so far.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ErrorSink for Collected {
    fn send(&mut self, report: &Report) -> Result<(), SendError> {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() >= Self::MOST {
            return Err(SendError::new("enough are kept"));
        }
        reports.push(report.clone());
        Ok(())
    }
}
