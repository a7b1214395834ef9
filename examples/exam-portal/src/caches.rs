//! What is read more often than it changes, kept in memory and, where instances share a database, in
//! Redis.
//!
//! Accounts and their roles are not here: commands beside the portal change them without telling it,
//! and what somebody may do must end at once. Each request reads them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_cache::envelope::Format;
use palisade_cache::far::{FarStats, FarTier, RedisStore};
use palisade_cache::{Cache, ConfigError, Fetched, LoadError, Loading, Stats, Tier};
use palisade_passwords::SecretKeys;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::settings::Stored;
use crate::store::{Counts, StoreError};

/// How old a value may be that another instance has changed, while Redis is not heard.
const STALENESS: Duration = Duration::from_secs(2);
/// A database that is away is no reason to show nothing.
const AWAY: Duration = Duration::from_hours(1);

/// The caches of the portal; a clone shares them.
#[derive(Clone)]
pub(crate) struct Caches {
    pub(crate) settings: Cache<(), Stored>,
    /// Markdown by name.
    pub(crate) announcements: Cache<String, String>,
    pub(crate) counts: Cache<(), Counts>,
    tier: Option<FarTier>,
}

/// Why there are no caches; a mistake of the program, but for the URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CachesError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("--redis {place}: {source}")]
    Redis { place: String, source: palisade_cache::far::StoreError },
}

/// What one cache did.
pub(crate) struct CacheFigures {
    pub(crate) name: &'static str,
    pub(crate) stats: Stats,
}

impl Caches {
    /// Makes the caches for this database; none where other instances change it and cannot say so.
    ///
    /// Instances of one portal have one database server, one Redis and one secret key. Without that
    /// key, two on one Redis could not tell that they are two portals.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>, CachesError> {
        let tier = match (&config.postgres, &config.redis, &config.secret_keys) {
            (None, _, _) => None,
            (Some(_), Some(url), Some(keys)) => {
                let store = RedisStore::open(url.reveal(), &namespace(keys))
                    .map_err(|source| CachesError::Redis { place: url.to_string(), source })?;
                Some(FarTier::setup(store).max_staleness(STALENESS)?.start())
            }
            (Some(_), redis, _) => {
                let missing = if redis.is_none() { "--redis" } else { "--secret-key-file" };
                tracing::warn!(
                    missing,
                    "nothing is cached: another instance could change the database and not say so"
                );
                return Ok(None);
            }
        };
        let settings = Cache::builder("settings").tier(Tier::LONG).stale_if_error(AWAY)?;
        let announcements = Cache::<String, String>::builder("announcements")
            .tier(Tier::LONG)
            .negative(Duration::from_secs(10))?
            .stale_if_error(AWAY)?;
        // They tell of the last seven days.
        let counts = Cache::builder("dashboard").tier(Tier::SHORT).stale_if_error(AWAY)?;
        let (mut settings, mut announcements, mut counts) = (settings, announcements, counts);
        if let Some(tier) = &tier {
            settings = settings.far(tier, "settings", Format::new(1))?;
            announcements = announcements.far(tier, "announcements", Format::new(1))?;
            counts = counts.far(tier, "dashboard", Format::new(1))?;
        }
        let weigh = |slug: &String, markdown: &String| {
            u64::try_from(slug.len().saturating_add(markdown.len())).unwrap_or(u64::MAX)
        };
        Ok(Some(Self {
            settings: settings.entries(1)?.build(),
            announcements: announcements.weighing(8 << 20, 4 << 10, weigh)?.build(),
            counts: counts.entries(1)?.build(),
            tier,
        }))
    }

    pub(crate) fn figures(&self) -> [CacheFigures; 3] {
        [
            CacheFigures { name: self.settings.name(), stats: self.settings.stats() },
            CacheFigures { name: self.announcements.name(), stats: self.announcements.stats() },
            CacheFigures { name: self.counts.name(), stats: self.counts.stats() },
        ]
    }

    pub(crate) fn far(&self) -> Option<FarStats> {
        self.tier.as_ref().map(FarTier::stats)
    }

    /// Brings the metrics up to date.
    pub(crate) fn report(&self) {
        self.settings.report();
        self.announcements.report();
        self.counts.report();
        if let Some(tier) = &self.tier {
            tier.report();
        }
    }
}

/// One for each portal, whose instances have one key.
fn namespace(keys: &SecretKeys) -> String {
    let hash = Sha256::digest(keys.sign("exam-portal caches", b""));
    hash.iter().take(16).fold("exam-portal-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

/// Loads a value, with an error that all who wait can have.
pub(crate) async fn load<K, V, L>(
    cache: &Cache<K, V>,
    key: &K,
    loader: impl FnOnce(Loading<V>) -> L,
) -> Result<Fetched<Option<Arc<V>>>, StoreError>
where
    K: std::hash::Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    L: Future<Output = Result<Option<V>, StoreError>> + Send + 'static,
{
    let shared = |loading| {
        let load = loader(loading);
        async { load.await.map_err(Arc::new) }
    };
    cache.get_or_load_optional(key, shared).await.map_err(|error| match error {
        LoadError::Loader(error) => StoreError::Shared(error),
        LoadError::TimedOut { .. } => StoreError::TimedOut,
        // It panicked, or more wait than may.
        _ => StoreError::Busy,
    })
}

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caches").field("tier", &self.tier).finish_non_exhaustive()
    }
}
