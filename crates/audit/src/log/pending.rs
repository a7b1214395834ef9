//! What has begun and not ended.

use super::{AuditLog, Receipt};
use crate::error::RecordError;
use crate::event::{Event, Outcome};

/// Something that has begun. Dropped without [`finish`](Self::finish) it ends as `aborted`.
#[derive(Debug)]
#[must_use = "dropped, it ends as aborted"]
pub struct Pending {
    log: AuditLog,
    event: Option<Event>,
    receipt: Receipt,
}

impl Pending {
    pub(super) const fn new(log: AuditLog, event: Event, receipt: Receipt) -> Self {
        Self { log, event: Some(event), receipt }
    }

    /// Returns where the beginning is.
    #[must_use]
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Adds to the event that will say how it ended.
    pub fn amend(mut self, change: impl FnOnce(Event) -> Event) -> Self {
        self.event = self.event.take().map(change);
        self
    }

    /// Records how it ended.
    ///
    /// # Errors
    ///
    /// As [`AuditLog::record`].
    pub async fn finish(mut self, outcome: Outcome) -> Result<Receipt, RecordError> {
        // It is there: only this takes it, and only once.
        let event = self.event.take().ok_or(RecordError::Closed)?;
        let event = event.begun(self.receipt.seq).outcome(outcome);
        self.log.record(event).await
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(event) = self.event.take() {
            let event = event.begun(self.receipt.seq).outcome(Outcome::Aborted);
            // One that is not taken is counted.
            let _ = self.log.offer(&event);
        }
    }
}
