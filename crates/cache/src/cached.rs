//! Functions whose calls a cache answers.

/// Answers calls of a function from a [`Cache`](crate::Cache), and runs it where the cache has no answer.
///
/// ```
/// use palisade_cache::{Cache, LoadError, Tier, cached};
/// use std::convert::Infallible;
/// use std::sync::LazyLock;
///
/// # #[derive(Clone)]
/// # struct Pool;
/// # impl Pool {
/// #     async fn name(&self, _: u64, id: u64) -> Result<String, Failure> { Ok(format!("user {id}")) }
/// # }
/// #[derive(Clone, Debug, thiserror::Error)]
/// enum Failure {
///     #[error("the database is away")]
///     Database,
///     #[error(transparent)]
///     Lost(#[from] LoadError<Infallible>),
/// }
///
/// #[derive(Clone)]
/// struct Users {
///     pool: Pool,
///     names: Cache<String, String>,
/// }
///
/// impl Users {
///     #[cached(cache = self.names, key = "{org}:{id}", tier = SHORT, tag("org", org))]
///     async fn name(&self, org: u64, id: u64) -> Result<String, Failure> {
///         self.pool.name(org, id).await // a query
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let names = Cache::builder("names").tier(Tier::LONG).entries(10_000)?.build();
/// let users = Users { pool: Pool, names };
/// assert_eq!(users.name(3, 7).await?, "user 7");
/// assert_eq!(users.name(3, 7).await?, "user 7"); // no query
/// users.names.invalidate_tag("org", 3).await;
/// # assert_eq!((users.names.stats().hits, users.names.stats().loads), (1, 1));
/// # Ok(())
/// # }
/// ```
///
/// | option | says |
/// |---|---|
/// | `cache = self.names` | where the values are: whatever derefs to a `Cache`, a static `LazyLock` too. Required: who invalidates must have it |
/// | `key = "{org}:{id}"` | a `String` in which arguments are [escaped](crate::key::escaped), so that no two calls have one key |
/// | `key = (org, id)` | an expression; without `key`, copies of all arguments in their order |
/// | `without(pool)` | no value depends on that argument |
/// | `tier = SHORT` | `SHORT`, `MEDIUM`, `LONG`, `STATIC` or a [`Tier`](crate::Tier), in place of the cache's |
/// | `tag("org", org)` | a tag of the value, as [`Loading::tag`](crate::Loading::tag) takes it; may stand again |
/// | `lost = f` | makes the function's error of a load that was [lost](crate::LoadError); without it `From<LoadError<Infallible>>` does |
///
/// An argument that has no part in the key is an error of the build, unless it is named in `without`, and
/// so are arguments in a template that could be read as two others. The receiver counts as an argument
/// where the cache is not reached through it.
///
/// What the function returns is what calls return, cloned out of the cache: let values that are large be
/// `Arc`s. It is written out as `Result<T, E>`, or an alias that ends in `Result`; with
/// `Result<Option<T>, E>` the cache is one of `T`s and `None` is that there is none. Errors are not kept,
/// and stay of their type.
///
/// # `async fn`
///
/// A call is a [`get_or_load`](crate::Cache::get_or_load): one for all who ask at a time, in a task of
/// its own. So the arguments are moved into it, and those that are borrowed are made owned before: `&str`
/// as a `String`, `&T` and `&self` as a clone. `E` is `Clone + Send + Sync + 'static`.
///
/// # `fn`
///
/// A call is a [`get_or_compute`](crate::Cache::get_or_compute), which can do less: memory alone, and
/// nobody waits for another's value. Arguments may be borrowed, and what is returned may be no `Result`.
///
/// # Methods
///
/// The function as it is written is put beside them, by the name `NAME_uncached`, where it mentions
/// `self` or `Self`. So it cannot be in the implementation of a trait.
pub use palisade_cache_macros::cached;
