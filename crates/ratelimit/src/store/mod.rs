//! Where the counts are: the one trait of all stores, and the contract that each of them keeps.
//!
//! A request becomes a list of [`Ask`]s: one for each window of each rule that applies to it, and
//! for each key of that rule. A store decides on the whole list at once.
//!
//! # The contract
//!
//! 1. **All or nothing.** If every *binding* ask is admitted, every ask that is itself admitted is
//!    charged. If one binding ask is refused, nothing is charged anywhere: a store that is asked again
//!    with the refused requests left out is in the same state.
//! 2. **Advisory asks** ([`Ask::advisory`]) never stop a request. They are read and charged as the
//!    others, except that their refusal refuses nothing.
//! 3. **Never more.** Under concurrency, in one process or many, what is admitted for one subject
//!    and rule is at most `burst + d / interval` in any span `d` ([`Meter::Bucket`]) and at most `count`
//!    in any window ([`Meter::Strict`]).
//! 4. **Integers, rounded against the client**: intervals and waits up, what remains down.
//! 5. **Peeking** ([`Act::Peek`]) changes nothing and answers what charging would answer.
//! 6. **A charge is sent once.** A store that lost the answer reports an error; it never sends the
//!    same charge again.
//! 7. **Subjects are hashes.** A store never sees an address, a name or a key of a client.
//!
//! [`contract`] proves 1, 2, 3 and 5 for any store; each store of this crate runs it.
//!
//! # Stores that wait
//!
//! A store in this process answers from [`Store::decide_now`]; the layer then neither boxes nor
//! waits. A store that needs I/O leaves it as it is, answers from [`Store::decide`], and is given to
//! the layer inside a guard (feature `palisade-resilience`) with a deadline, a circuit breaker and
//! an [`OnStoreError`]. Such a store counts by its server's time, so that instances agree.
//!
//! In a shared store all asks of one subject belong to one key with one hash tag, and their rules
//! are fields of it: one call, one slot. [`Subject::to_bytes`] and [`RuleId::to_bytes`] are stable
//! between instances that were given the same hashing key, and between releases.
//!
//! [`Meter::Bucket`]: crate::quota::Meter::Bucket
//! [`Meter::Strict`]: crate::quota::Meter::Strict

mod ask;
#[cfg(any(feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
pub(crate) mod connection;
pub mod contract;
mod error;
#[cfg(feature = "governor")]
mod governor;
#[cfg(feature = "palisade-resilience")]
mod guard;
mod memory;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
mod reading;
#[cfg(feature = "redis")]
pub(crate) mod redis;
mod reply;
#[cfg(any(feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
pub(crate) mod schema;
#[cfg(feature = "sqlx-sqlite")]
mod sqlite;
pub(crate) mod together;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

#[cfg(feature = "redis")]
pub use self::redis::{RedisClient, RedisStore};
pub use ask::{Ask, Asks, Overflow, RuleId, Subject};
pub use error::{StoreError, StoreErrorKind};
#[cfg(feature = "governor")]
pub use governor::GovernorStore;
#[cfg(feature = "palisade-resilience")]
pub use guard::Guarded;
pub use memory::{MemoryStore, SnapshotError};
#[cfg(feature = "sqlx-postgres")]
pub use postgres::PostgresStore;
pub use reading::{Outcome, Reading, Readings, Verdict};
#[cfg(any(feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
pub use schema::MigrateError;
#[cfg(feature = "sqlx-sqlite")]
pub use sqlite::{RestoreError, SqliteSnapshots};

/// What a store is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a store looks or takes")]
pub enum Act {
    /// Charge what the contract says is charged.
    Charge,
    /// Only look.
    Peek,
}

/// What holds while a store that waits does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a request passes, does not, or is counted here")]
pub enum OnStoreError {
    /// Requests pass unlimited.
    Allow,
    /// Requests are refused with 503.
    Deny,
    /// This process counts for itself, from what it has seen so far.
    #[default]
    Local,
}

/// The future of a store that waits.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Counts; see the [module docs](self) for what each implementation promises.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Returns a word for logs and metrics: `memory`, `redis`.
    fn name(&self) -> &'static str;

    /// Decides at once, if the store can.
    ///
    /// A store answers either always or never: the layer asks for its kind of answer once.
    ///
    /// # Cost
    ///
    /// No I/O, no lock that is held across I/O.
    fn decide_now(&self, asks: &[Ask], act: Act) -> Option<Verdict> {
        let _ = (asks, act);
        None
    }

    /// Decides on all asks of one request together.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if there is no answer. Whether the asks were charged is then unknown.
    fn decide<'a>(&'a self, asks: &'a [Ask], act: Act) -> StoreFuture<'a, Verdict>;

    /// Gives back what an admitted request took, at once, if the store can; says whether it did.
    fn refund_now(&self, asks: &[Ask]) -> bool {
        let _ = asks;
        false
    }

    /// Gives back what an admitted request took: each ask whose reading was admitted.
    ///
    /// What is no longer held is not given back; nothing goes below an untouched key.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if there is no answer. Nothing is repeated: what is not given back is earned
    /// back in time.
    fn refund<'a>(&'a self, asks: &'a [Ask]) -> StoreFuture<'a, ()>;
}
