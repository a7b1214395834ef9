//! The audit trail: who did what, kept in the data folder and checked by everybody who has its key.

mod describe;
mod key;
mod reports;
mod tasks;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palisade_audit::layer::{Level, Policy};
use palisade_audit::query::{Cursor, Filter, Index, IndexError, Limit, Page, Stored};
use palisade_audit::{
    AuditLayer, AuditLog, Checkpoint, OpenError, Proof, ProveError, RecordError, prove,
};
use palisade_core::Clock;

use crate::folder;

pub(crate) use describe::{by, student, tried};
pub(crate) use reports::Reports;
pub(crate) use tasks::{AuditTask, TrailTaskError, run};

/// Why there is no audit trail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrailError {
    #[error("audit trail: {0}")]
    Index(#[from] IndexError),
    #[error("audit trail: {0}")]
    Key(#[from] key::TrailKeyError),
    #[error("audit trail: {0}")]
    Open(#[from] OpenError),
    #[error("audit trail {path:?}: {source}")]
    File { path: PathBuf, source: io::Error },
}

/// The log of this instance, and what finds events in it.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    log: AuditLog,
    index: Arc<Index>,
}

impl Trail {
    /// Opens the trail in the data folder; one that somebody has changed is refused.
    pub(crate) fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<Self, TrailError> {
        let key = key::of_folder(data)?;
        let path = data.join("audit.vkey");
        let made = if path.exists() { Ok(()) } else { folder::make_file(&path) };
        let line = format!("{}\n", key.verifier());
        let written = made.and_then(|()| fs::write(&path, line));
        written.map_err(|source| TrailError::File { path, source })?;
        let log = AuditLog::builder(of_data(data), key).clock(clock).open()?;
        let index = Index::open(log.folder(), &data.join("audit.index"))?;
        Ok(Self { log, index: Arc::new(index) })
    }

    /// Records every change of state before and after it is tried, and sign-ins with their outcome.
    pub(crate) fn layer(&self) -> AuditLayer {
        let policy = Policy::new().rule(&["GET", "HEAD", "OPTIONS"], "*", Level::None).rule(
            &[],
            "*",
            Level::Request,
        );
        AuditLayer::new(self.log.clone(), policy).described_by(describe::event)
    }

    pub(crate) const fn log(&self) -> &AuditLog {
        &self.log
    }

    /// Returns a page of events, also those of a moment ago.
    pub(crate) async fn query(
        &self,
        filter: Filter,
        limit: Limit,
        cursor: Option<Cursor>,
    ) -> Result<Page<Stored>, IndexError> {
        let index = Arc::clone(&self.index);
        let found = tokio::task::spawn_blocking(move || {
            index.catch_up()?;
            index.query(&filter, limit, cursor.as_ref())
        });
        found.await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }

    /// Returns a checkpoint that covers everything recorded until now.
    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint, RecordError> {
        self.log.checkpoint().await
    }

    /// Proves an event, also one of a moment ago.
    pub(crate) async fn prove(&self, seq: u64) -> Result<Proof, ProveError> {
        if seq >= self.log.latest().size() {
            // Without a newer checkpoint the event is not there.
            let _ = self.log.checkpoint().await;
        }
        let log = self.log.clone();
        let proved =
            tokio::task::spawn_blocking(move || prove(log.folder(), log.verifier(), seq)).await;
        proved.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }

    /// Writes what is on its way and signs it.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.log.close().await {
            tracing::error!(%error, "the audit trail is not signed to its end");
        }
    }
}

fn of_data(data: &Path) -> PathBuf {
    data.join("audit")
}
