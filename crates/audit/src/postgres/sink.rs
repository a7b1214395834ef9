//! The mirror that fills the tables.

use std::time::Duration;

use tokio::runtime::Handle;

use super::{PostgresError, PostgresStore};
use crate::log::{Records, Sink, SinkError};
use crate::note::VerifierKey;

/// Copies one log to a [`PostgresStore`]; it remembers what it has, so that nothing is left out.
///
/// It waits for the server on the thread of the mirror, never on the runtime.
///
/// # Example
///
/// ```no_run
/// use palisade_audit::postgres::{PostgresSink, PostgresStore};
/// use palisade_audit::{AuditLog, LogKey, Required};
///
/// # async fn open(pool: sqlx::PgPool, seed: &[u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::new(pool);
/// store.migrate().await?;
/// let key = LogKey::from_seed("example.com/shop", seed)?;
/// let sink = PostgresSink::new(store.clone(), key.verifier().clone(), tokio::runtime::Handle::current());
/// let log = AuditLog::builder("audit", key).mirror(sink, Required::No).open()?;
/// # drop(log);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PostgresSink {
    store: PostgresStore,
    log: VerifierKey,
    runtime: Handle,
    deadline: Duration,
}

impl PostgresSink {
    /// Copies the log of that key, on that runtime; a try that takes longer than 5 s is given up.
    #[must_use]
    pub const fn new(store: PostgresStore, log: VerifierKey, runtime: Handle) -> Self {
        Self { store, log, runtime, deadline: Duration::from_secs(5) }
    }

    /// Gives a try up after that time, and tries again later.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, PostgresError>>,
    ) -> Result<T, SinkError> {
        self.runtime.block_on(async {
            match tokio::time::timeout(self.deadline, work).await {
                Ok(done) => done.map_err(SinkError::new),
                Err(_) => Err(SinkError::new("the server does not answer")),
            }
        })
    }
}

impl Sink for PostgresSink {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn write(&mut self, records: &Records<'_>) -> Result<(), SinkError> {
        self.wait(self.store.append(&self.log, records))
    }

    fn resume_at(&mut self) -> Result<Option<u64>, SinkError> {
        self.wait(self.store.next(&self.log)).map(Some)
    }
}
