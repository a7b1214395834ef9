//! Where locks are kept: the trait, and the contract that each store proves.

pub mod contract;
mod memory;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod rows;
#[cfg(any(feature = "redis", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod shared;
mod snapshot;
#[cfg(feature = "sqlx-sqlite")]
mod sqlite;

use std::fmt;

use super::answer::{Answer, Reserved};
use super::claim::{Claim, Kind};
use super::record::Wait;
use super::set::Key;
use crate::store::StoreFuture;

pub use memory::MemoryLockouts;
#[cfg(feature = "sqlx-postgres")]
pub use postgres::PostgresLockouts;
#[cfg(feature = "redis")]
pub use redis::RedisLockouts;
pub use snapshot::SnapshotError;
#[cfg(feature = "sqlx-sqlite")]
pub use sqlite::SqliteLockouts;

/// Keeps the records of a [`Lockout`](super::Lockout).
///
/// A store does what [`Claim::begin`] and [`Claim::succeed`] do, each as one atomic step over all
/// its clients, by a clock of its own that all of them share, and never repeats a step of which it
/// does not know whether it was done. [`contract`] says whether one does.
pub trait LockoutStore: fmt::Debug + Send + Sync + 'static {
    /// Returns its name in logs and metrics.
    fn name(&self) -> &'static str;

    /// Counts the sign-in as a failure, unless something is locked.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError) if there is no answer; whether the sign-in was
    /// counted is then unknown.
    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Answer>;

    /// Takes back what [`begin`](Self::begin) has counted: the password was right.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError) if there is no answer; the failure may still stand.
    fn succeed<'a>(&'a self, claim: &'a Claim, reserved: &'a Reserved) -> StoreFuture<'a, ()>;

    /// Forgets a subject and says whether anything was known of it.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError) if there is no answer.
    fn unlock(&self, kind: Kind, key: Key) -> StoreFuture<'_, bool>;

    /// Returns what is locked now, `most` of them, those that wait longest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError) if there is no answer.
    fn locks(&self, most: usize) -> StoreFuture<'_, Vec<Lock>>;
}

/// A subject that is locked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lock {
    /// What it is.
    pub kind: Kind,
    /// Its keyed hash: compare it to [`Lockout::account_key`](super::Lockout::account_key).
    pub key: Key,
    /// Its failures on the ladder.
    pub failures: u32,
    /// How long it still waits.
    pub wait: Wait,
}

impl Lock {
    /// Puts together what a store was told by its engine.
    #[must_use]
    pub const fn new(kind: Kind, key: Key, failures: u32, wait: Wait) -> Self {
        Self { kind, key, failures, wait }
    }
}
