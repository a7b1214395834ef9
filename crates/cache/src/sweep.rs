//! Values that are ended by a pattern of their keys: a tool for administrators.

use std::fmt;
use std::hash::Hash;
use std::ops::ControlFlow;

use crate::cache::Cache;
use crate::far::{Reach, StoreError};
use crate::key::Key;
use crate::pattern::Pattern;

/// Walks through what a cache has and ends what is like a pattern.
///
/// It is not for the path of a request: it reads every key there is, in this process and in the far tier,
/// where a [tag](Cache::invalidate_tag) ends as much at the cost of one. And it can only end what it
/// finds: what another process has in memory alone, or loads meanwhile, stays.
///
/// ```
/// use palisade_cache::{Cache, Sweep};
/// use std::ops::ControlFlow;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pages = Cache::<(u64, String), u64>::builder("pages").entries(100)?.build();
/// for key in [(3, "a"), (3, "b"), (4, "a")] {
///     pages.set(&(key.0, key.1.to_owned()), 1).await;
/// }
/// let found = Sweep::new(&pages, ":3:*".parse()?).dry_run(|_| ControlFlow::Continue(())).await?;
/// assert_eq!((found.seen, found.matched), (3, 2));
/// let swept = Sweep::new(&pages, ":3:*".parse()?).run(|_| ControlFlow::Continue(())).await?;
/// assert_eq!((swept.matched, pages.len()), (2, 1));
/// # Ok(())
/// # }
/// ```
pub struct Sweep<K, V> {
    cache: Cache<K, V>,
    pattern: Pattern,
}

/// How far a walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// Keys that were looked at; one that is here and far counts twice.
    pub seen: u64,
    /// Keys of the pattern among them.
    pub matched: u64,
    /// How far the ends came, the least of all.
    pub reach: Reach,
}

impl Swept {
    pub(crate) const START: Self = Self { seen: 0, matched: 0, reach: Reach::All };

    pub(crate) fn add(&mut self, seen: usize, matched: usize) {
        let count = |number| u64::try_from(number).unwrap_or(u64::MAX);
        self.seen = self.seen.saturating_add(count(seen));
        self.matched = self.matched.saturating_add(count(matched));
    }
}

impl<K, V> Sweep<K, V>
where
    K: Key + Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// So many keys are asked for, and ended, at a time.
    pub const AT_ONCE: usize = 500;

    /// Will walk through this cache.
    #[must_use]
    pub fn new(cache: &Cache<K, V>, pattern: Pattern) -> Self {
        Self { cache: cache.clone(), pattern }
    }

    /// Ends what is like the pattern; tells how far it is after each [`AT_ONCE`](Self::AT_ONCE) keys, and
    /// stops when it is told to.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the far tier does not answer; what was told so far has been ended.
    pub async fn run(
        self,
        progress: impl FnMut(&Swept) -> ControlFlow<()>,
    ) -> Result<Swept, StoreError> {
        self.cache.sweep(&self.pattern, false, Self::AT_ONCE, progress).await
    }

    /// Counts what is like the pattern, and ends nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the far tier does not answer.
    pub async fn dry_run(
        self,
        progress: impl FnMut(&Swept) -> ControlFlow<()>,
    ) -> Result<Swept, StoreError> {
        self.cache.sweep(&self.pattern, true, Self::AT_ONCE, progress).await
    }
}

impl<K, V> fmt::Debug for Sweep<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweep").field("pattern", &self.pattern).finish_non_exhaustive()
    }
}
