//! Invalidations that run after a commit, and not without one.
//!
//! To invalidate before the commit poisons the cache: who reads in between loads the old row, and what
//! was loaded after the invalidation is kept. To invalidate after it is to be thought of on every path,
//! also on the one where the caller goes away. A [`Transaction`] notes what is to be ended and ends it
//! when the database has committed:
//!
//! ```
//! use palisade_cache::Cache;
//! use palisade_cache::transaction::Transaction;
//! use sqlx::SqlitePool;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! # sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)").execute(&pool).await?;
//! # let users = Cache::<u64, String>::builder("users").entries(100)?.build();
//! # users.set(&7, "Ada".to_owned()).await;
//! async fn rename(pool: &SqlitePool, users: &Cache<u64, String>, id: u32) -> sqlx::Result<()> {
//!     let mut transaction = Transaction::begin(pool).await?;
//!     sqlx::query("UPDATE users SET name = 'Grace' WHERE id = $1")
//!         .bind(id)
//!         .execute(&mut *transaction)
//!         .await?; // an error here rolls back, and ends nothing
//!     transaction.invalidate(users, &u64::from(id));
//!     transaction.commit().await?;
//!     Ok(())
//! }
//!
//! rename(&pool, &users, 7).await?;
//! assert!(users.get(&7).is_none());
//! # Ok(())
//! # }
//! ```
//!
//! | what happens | what is ended |
//! |---|---|
//! | [`commit`](Transaction::commit) is done | all that was noted, before it returns |
//! | the future of `commit` is dropped | the same, when the database has answered |
//! | `commit` fails, or takes longer than 30 s | the same: the database may have committed |
//! | [`rollback`](Transaction::rollback), or the transaction is dropped | nothing |
//! | the process ends between commit and invalidation | nothing in other processes, for the time to live of the values |

use std::fmt;
use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::{Database, Error, Pool};
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::cache::{Cache, Change};
use crate::far::Reach;
use crate::tag::TagId;

/// After that the answer to a commit is no longer waited for.
const LONGEST: Duration = Duration::from_secs(30);

/// A transaction of sqlx, and what its commit ends in caches.
///
/// It derefs to the connection, as sqlx's own does. Reads through a cache do not see what it has
/// written before it is committed.
///
/// # Cost
///
/// One allocation for each thing that is noted, a task for the commit, and what the invalidations
/// cost; with a far tier a round trip for each, one after the other: what changes many values at once
/// is better a tag.
pub struct Transaction<DB: Database> {
    transaction: sqlx::Transaction<'static, DB>,
    ends: Vec<End>,
}

/// Something that is ended later.
type End = Box<dyn FnOnce() -> Change + Send>;

impl<DB: Database> Transaction<DB> {
    /// Takes a connection out of the pool and begins.
    ///
    /// # Errors
    ///
    /// What sqlx says.
    pub async fn begin(pool: &Pool<DB>) -> Result<Self, Error> {
        pool.begin().await.map(Self::from)
    }

    /// Ends a value when this is committed, as [`Cache::invalidate`] does.
    pub fn invalidate<K, V>(&mut self, cache: &Cache<K, V>, key: &K)
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let (cache, key) = (cache.clone(), key.clone());
        self.on_commit(move || cache.invalidate(&key));
    }

    /// Ends all values under a tag when this is committed, as [`Cache::invalidate_tag`] does.
    pub fn invalidate_tag<'a, K, V>(
        &mut self,
        cache: &Cache<K, V>,
        kind: &'static str,
        id: impl Into<TagId<'a>>,
    ) where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let (cache, id) = (cache.clone(), id.into().to_text());
        self.on_commit(move || cache.invalidate_tag(kind, id.as_str()));
    }

    /// Ends all values of a cache when this is committed, as [`Cache::clear`] does.
    pub fn clear<K, V>(&mut self, cache: &Cache<K, V>)
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let cache = cache.clone();
        self.on_commit(move || cache.clear());
    }

    /// Makes another change when this is committed.
    pub fn on_commit(&mut self, change: impl FnOnce() -> Change + Send + 'static) {
        self.ends.push(Box::new(change));
    }

    /// Commits, then ends what was noted; returns when both are done. How far the invalidations came
    /// is the least of them.
    ///
    /// Both go on in a task of their own when the caller goes away, if there is a tokio runtime.
    ///
    /// # Errors
    ///
    /// What sqlx says; what was noted has been ended all the same.
    pub async fn commit(self) -> Result<Reach, Error> {
        let Ok(runtime) = Handle::try_current() else { return self.finish().await };
        let finished = runtime.spawn(self.finish().in_current_span()).await;
        finished.unwrap_or(Err(Error::WorkerCrashed))
    }

    async fn finish(self) -> Result<Reach, Error> {
        let Self { transaction, ends } = self;
        let mut ends = Pending(ends);
        let committed = tokio::time::timeout(LONGEST, transaction.commit()).await;
        // In this process all is ended at once.
        let changes: Vec<Change> = ends.all().collect();
        let mut reach = Reach::All;
        for change in changes {
            if change.await == Reach::Here {
                reach = Reach::Here;
            }
        }
        match committed {
            Ok(committed) => committed.map(|()| reach),
            Err(late) => Err(Error::Io(late.into())),
        }
    }

    /// Rolls back; what was noted is forgotten. To drop the transaction does the same, later.
    ///
    /// # Errors
    ///
    /// What sqlx says.
    pub async fn rollback(self) -> Result<(), Error> {
        self.transaction.rollback().await
    }
}

/// What a commit that is under way ends, also when nobody is left to hear of it.
struct Pending(Vec<End>);

impl Pending {
    fn all(&mut self) -> impl Iterator<Item = Change> {
        self.0.drain(..).map(|end| end())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.all().for_each(drop);
    }
}

impl<DB: Database> From<sqlx::Transaction<'static, DB>> for Transaction<DB> {
    fn from(transaction: sqlx::Transaction<'static, DB>) -> Self {
        Self { transaction, ends: Vec::new() }
    }
}

impl<DB: Database> Deref for Transaction<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl<DB: Database> DerefMut for Transaction<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}

impl<DB: Database> fmt::Debug for Transaction<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("ends", &self.ends.len()).finish_non_exhaustive()
    }
}
