//! The audit trail: who did what, kept in the data folder and checked by everybody who has its key.

mod changes;
mod commands;
mod describe;
mod find;
mod key;
mod reports;
mod tasks;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use palisade_audit::layer::{Level, Policy};
use palisade_audit::postgres::{MigrateError, PostgresSink, PostgresStore};
use palisade_audit::query::{Filter, Index, IndexError, Limit};
use palisade_audit::{
    AuditLayer, AuditLog, Checkpoint, OpenError, Proof, ProveError, RecordError, Required, prove,
};
use palisade_core::Clock;
use palisade_input_validation::WeakKey;
use palisade_passwords::SecretKeys;
use sqlx::PgPool;
use tokio::runtime::Handle;

use crate::accounts::User;
use crate::folder;
use find::{Lists, Place};

pub(crate) use changes::Changes;
pub(crate) use commands::{begin, of_backup, of_user, restored};
pub(crate) use describe::{by, tried};
pub(crate) use find::{Entry, FindError, Found};
pub(crate) use reports::Reports;
pub(crate) use tasks::{AuditTask, TrailTaskError, run, verifier};

/// Why there is no audit trail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrailError {
    #[error("audit trail: {0}")]
    Cursors(#[from] WeakKey),
    #[error("audit trail: {0}")]
    Index(#[from] IndexError),
    #[error("audit trail: {0}")]
    Migrate(#[from] MigrateError),
    #[error("audit trail: {0}")]
    Record(#[from] RecordError),
    #[error("audit trail: {0}")]
    Key(#[from] key::TrailKeyError),
    #[error("audit trail: {0}")]
    Open(#[from] OpenError),
    #[error("audit trail {path:?}: {source}")]
    File { path: PathBuf, source: io::Error },
}

/// Why an event is not proved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum NoProof {
    /// Only the instance with this log has the hashes and the signature.
    #[error("the event is in the log {0}")]
    Elsewhere(String),
    #[error(transparent)]
    Find(#[from] FindError),
    #[error("there is no such log")]
    Log,
    #[error(transparent)]
    Prove(#[from] ProveError),
}

/// The log of this instance, and what finds events in it.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    log: AuditLog,
    lists: Lists,
    clock: Time,
}

/// A clock that can be shown.
#[derive(Clone)]
struct Time(Arc<dyn Clock>);

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}

/// The database that all instances copy their trails to, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Option<PostgresStore>);

impl Shared {
    /// Prepares the tables in that database.
    pub(crate) async fn open(pool: Option<&PgPool>) -> Result<Self, TrailError> {
        let Some(pool) = pool else { return Ok(Self(None)) };
        let store = PostgresStore::new(pool.clone());
        store.migrate().await?;
        Ok(Self(Some(store)))
    }
}

/// How long a page waits for this instance's own events to be among those of all.
const MOMENT: Duration = Duration::from_millis(500);

impl Trail {
    /// Opens the trail in the data folder; one that somebody has changed is refused.
    ///
    /// Called on the runtime, which carries the copies.
    pub(crate) fn open(
        data: &Path,
        shared: Shared,
        keys: &SecretKeys,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TrailError> {
        let log = open_log(data, shared.clone(), Arc::clone(&clock))?;
        let place = match shared.0 {
            Some(store) => Place::Together(store),
            None => Place::Here(Arc::new(Index::open(log.folder(), &data.join("audit.index"))?)),
        };
        Ok(Self { log, lists: Lists::new(place, keys)?, clock: Time(clock) })
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

    /// Returns a page of events to somebody, also those of a moment ago.
    pub(crate) async fn query(
        &self,
        reader: &User,
        filter: Filter,
        limit: Limit,
        cursor: Option<&str>,
    ) -> Result<Found, FindError> {
        // Without the latest the page is one of a moment ago.
        let _ = self.log.mirrored(MOMENT).await;
        self.lists.page(reader, filter, limit, cursor, self.clock.0.wall()).await
    }

    /// Says whether this instance has the event and can prove it.
    pub(crate) fn is_own(&self, entry: &Entry) -> bool {
        entry.log.as_ref().is_none_or(|log| *log == self.log.verifier().to_string())
    }

    /// Returns a checkpoint that covers everything recorded until now.
    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint, RecordError> {
        self.log.checkpoint().await
    }

    /// Proves an event, also one of a moment ago, of the log with that verifier key or the own.
    pub(crate) async fn prove(&self, log: Option<&str>, seq: u64) -> Result<Proof, NoProof> {
        if let Some(wanted) = log.filter(|log| *log != self.log.verifier().to_string()) {
            let other = self.lists.logs().await?.into_iter().find(|log| log == wanted);
            return Err(other.map_or(NoProof::Log, NoProof::Elsewhere));
        }
        if seq >= self.log.latest().size() {
            // Without a newer checkpoint the event is not there.
            let _ = self.log.checkpoint().await;
        }
        let log = self.log.clone();
        let proved =
            tokio::task::spawn_blocking(move || prove(log.folder(), log.verifier(), seq)).await;
        Ok(proved.unwrap_or_else(|error| Err(io::Error::other(error).into()))?)
    }

    /// Writes what is on its way and signs it.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.log.close().await {
            tracing::error!(%error, "the audit trail is not signed to its end");
        }
    }
}

/// Opens the log in a data folder for writing; with a database, it is copied there.
fn open_log(data: &Path, shared: Shared, clock: Arc<dyn Clock>) -> Result<AuditLog, TrailError> {
    let key = key::of_folder(data)?;
    let path = data.join("audit.vkey");
    let made = if path.exists() { Ok(()) } else { folder::make_file(&path) };
    let line = format!("{}\n", key.verifier());
    let written = made.and_then(|()| fs::write(&path, line));
    written.map_err(|source| TrailError::File { path, source })?;
    let verifier = key.verifier().clone();
    let mut builder = AuditLog::builder(of_data(data), key).clock(clock);
    if let Some(store) = shared.0 {
        let sink = PostgresSink::new(store, verifier, Handle::current());
        builder = builder.mirror(sink, Required::No);
    }
    Ok(builder.open()?)
}

fn of_data(data: &Path) -> PathBuf {
    data.join("audit")
}
