//! Where limits and lockouts are counted: in this process and a file, in Redis, or in PostgreSQL.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use palisade_passwords::SecretKeys;
use palisade_ratelimit::key::KeyHasher;
use palisade_ratelimit::lockout::store::{PostgresLockouts, RedisLockouts, SqliteLockouts};
use palisade_ratelimit::lockout::{GuardedLockouts, Lockout, LockoutStore};
use palisade_ratelimit::store::{
    Guarded, MigrateError, OnStoreError, PostgresStore, RedisClient, RedisStore, SqliteSnapshots,
    Store, StoreError,
};
use palisade_ratelimit::{ConfigError, MemoryStore};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::{Config, PostgresUrl, RedisUrl};
use crate::folder;

/// What counts of requests take: 1.5 million keys.
const MEMORY: usize = 16 << 20;
/// How long a request waits for a shared store.
const DECISION: Duration = Duration::from_millis(100);
/// How long a sign-in waits for it.
const SIGN_IN: Duration = Duration::from_secs(1);
/// How long a sign-in waits for the file: there is nothing else that it could be counted in.
const FILE: Duration = Duration::from_secs(5);
/// How often counts are written into the file.
const SAVED: Duration = Duration::from_secs(10);

/// Why nothing can be counted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CountsError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{path:?}: {source}; move it away, and what was counted is forgotten")]
    Database { path: PathBuf, source: sqlx::Error },
    #[error("{path:?}: {source}; name a data folder that this user may write")]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error("database {place}: {source}")]
    Postgres { place: String, source: sqlx::Error },
    #[error("--redis {place}: {source}")]
    Redis { place: String, source: StoreError },
}

/// The counts of requests and of failed sign-ins.
pub(crate) struct Counts {
    store: Arc<dyn Store>,
    hasher: KeyHasher,
    lockout: Lockout,
    place: String,
    /// What the file keeps over a restart.
    kept: Option<Kept>,
}

struct Kept {
    memory: Arc<MemoryStore>,
    snapshots: SqliteSnapshots,
    pool: SqlitePool,
}

/// Counts that are written into the file now and then.
pub(crate) struct Saving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Counts {
    /// Opens what the settings name.
    ///
    /// A Redis server that is away is no reason not to start: until it is there, this process counts
    /// for itself.
    pub(crate) async fn open(
        config: &Config,
        keys: &SecretKeys,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CountsError> {
        let mut half = [0; 16];
        half.iter_mut().zip(key(keys, "exam-portal limits")).for_each(|(to, from)| *to = from);
        let hasher = KeyHasher::keyed(&half);
        let hidden = key(keys, "exam-portal lockouts");
        match (&config.redis, &config.postgres) {
            (Some(url), _) => Self::in_redis(url, hasher, &hidden, clock),
            (None, Some(url)) => Self::in_postgres(url, hasher, &hidden, clock).await,
            (None, None) => Self::in_file(&config.data, hasher, &hidden, clock).await,
        }
    }

    fn in_redis(
        url: &RedisUrl,
        hasher: KeyHasher,
        hidden: &[u8],
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CountsError> {
        let failed = |source| CountsError::Redis { place: url.to_string(), source };
        let client = RedisClient::open(url.reveal()).map_err(failed)?;
        let store = RedisStore::new(client.clone()).namespace("exam-portal")?;
        let lockouts = RedisLockouts::new(client).namespace("exam-portal")?;
        Self::shared(store, lockouts, url.to_string(), (hasher, hidden), clock)
    }

    async fn in_postgres(
        url: &PostgresUrl,
        hasher: KeyHasher,
        hidden: &[u8],
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CountsError> {
        let pool = postgres(url).await?;
        let (store, lockouts) = (PostgresStore::new(pool.clone()), PostgresLockouts::new(pool));
        store.migrate().await?;
        lockouts.migrate().await?;
        Self::shared(store, lockouts, url.to_string(), (hasher, hidden), clock)
    }

    fn shared(
        store: impl Store,
        lockouts: impl LockoutStore,
        place: String,
        (hasher, hidden): (KeyHasher, &[u8]),
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CountsError> {
        let memory = memory(clock)?;
        let store = Arc::new(Guarded::new(store, memory).deadline(DECISION)?);
        let lockouts = GuardedLockouts::new(lockouts, OnStoreError::Local).deadline(SIGN_IN)?;
        let lockout = Lockout::shared(lockouts, hidden)?;
        Ok(Self { store, hasher, lockout, place, kept: None })
    }

    async fn in_file(
        data: &Path,
        hasher: KeyHasher,
        hidden: &[u8],
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CountsError> {
        let pool = sqlite(data).await?;
        let (snapshots, memory) = (SqliteSnapshots::new(pool.clone()), Arc::new(memory(clock)?));
        snapshots.migrate().await?;
        let lockouts = SqliteLockouts::new(pool.clone(), Arc::clone(clock));
        lockouts.migrate().await?;
        let lockouts = GuardedLockouts::new(lockouts, OnStoreError::Deny).deadline(FILE)?;
        let lockout = Lockout::shared(lockouts, hidden)?;
        let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(&memory);
        let place = "memory, kept in limits.sqlite3 over a restart".to_owned();
        Ok(Self { store, hasher, lockout, place, kept: Some(Kept { memory, snapshots, pool }) })
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    pub(super) const fn hasher(&self) -> &KeyHasher {
        &self.hasher
    }

    pub(crate) const fn lockout(&self) -> &Lockout {
        &self.lockout
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Takes over what was counted before a restart, and writes down now and then what is counted.
    pub(crate) async fn keep(self) -> Option<Saving> {
        let Self { hasher, kept, .. } = self;
        let Kept { memory, snapshots, pool } = kept?;
        if let Err(error) = snapshots.restore(&memory, &hasher).await {
            tracing::warn!(%error, "limits begin anew");
        }
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            if let Err(error) = snapshots.keep(&memory, &hasher, SAVED, stopped).await {
                tracing::warn!(%error, "limits are not kept over the restart");
            }
            pool.close().await;
        });
        Some(Saving { stop, task })
    }
}

impl Saving {
    /// Writes down what was counted, for the last time.
    pub(crate) async fn finish(self) {
        let Self { stop, task } = self;
        drop(stop);
        if let Err(error) = task.await {
            tracing::error!(%error, "limits were not kept");
        }
    }
}

/// The same on all instances and after a restart.
fn key(keys: &SecretKeys, purpose: &str) -> [u8; 32] {
    Sha256::digest(keys.sign(purpose, b"")).into()
}

fn memory(clock: &Arc<dyn Clock>) -> Result<MemoryStore, ConfigError> {
    Ok(MemoryStore::with_bytes(MEMORY)?.with_clock(Arc::clone(clock)))
}

/// Connections of their own: a decision does not wait for those of the pages.
async fn postgres(url: &PostgresUrl) -> Result<PgPool, CountsError> {
    let options = url.options().clone().application_name("exam-portal limits");
    PgPoolOptions::new()
        .min_connections(2)
        .max_connections(8)
        .acquire_timeout(SIGN_IN)
        .connect_with(options)
        .await
        .map_err(|source| CountsError::Postgres { place: url.to_string(), source })
}

/// A file of its own: its locks for writing hold up no page.
async fn sqlite(data: &Path) -> Result<SqlitePool, CountsError> {
    let path = data.join("limits.sqlite3");
    let of_file = |source| CountsError::File { path: path.clone(), source };
    folder::make(data).map_err(of_file)?;
    if !path.exists() {
        match folder::make_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(of_file(error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(FILE);
    let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(FILE);
    let opened = pool.connect_with(options).await;
    opened.map_err(|source| CountsError::Database { path, source })
}
