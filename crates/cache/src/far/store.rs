//! What a far tier needs of a store.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use super::Ear;
use crate::envelope::Mark;

/// An answer of a store that waits.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store that processes share: values by key, and the counters by which they hold.
///
/// Each call is one step: nothing of another call happens within it. A call that was given up may
/// still be done later; all of them may be repeated.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Returns a name for logs and for the breaker.
    fn name(&self) -> &'static str;

    /// Returns the values of the keys that are there and hold: those of the store's present life, of
    /// whose slots none was noted in a later era than the value's.
    fn read<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Reading>;

    /// Stores each value whose mark is of the store's present life, unless one of its slots was noted
    /// in a later era.
    fn fill<'a>(&'a self, fills: &'a [Fill]) -> StoreFuture<'a, ()>;

    /// Begins an era, notes it in the slots, announces it to all who watch in the order of the eras,
    /// and forgets the values of the keys. Returns the era.
    fn end<'a>(
        &'a self,
        origin: &'a [u8; 16],
        slots: &'a [u16],
        keys: &'a [String],
    ) -> StoreFuture<'a, Mark>;

    /// Returns so many keys, more or fewer, that begin with the prefix, and the place from which to go on
    /// until there is none; a walk begins at 0. What is there from its beginning to its end is
    /// found, perhaps twice.
    ///
    /// For administrators, and for no request. A store that has no such walk says so.
    fn walk<'a>(&'a self, prefix: &'a str, place: u64, most: usize) -> StoreFuture<'a, Walk> {
        let _ = (prefix, place, most);
        Box::pin(async { Err(StoreError::new("this store cannot be walked through")) })
    }

    /// Tells the ear of every era, and at each pace, in order with them, which one it is; returns when
    /// that can no longer be done.
    fn watch(&self, pace: Duration, ear: Ear) -> StoreFuture<'_, ()>;
}

/// Keys, and the place from which to go on.
pub type Walk = (Vec<String>, Option<u64>);

/// What a store knows of some keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// Milliseconds of the store's clock.
    pub now: u64,
    /// What is there, as [`envelope`](crate::envelope)s, in the order of the keys.
    pub values: Vec<Option<Vec<u8>>>,
}

impl Reading {
    /// Says what was read when.
    #[must_use]
    pub const fn new(now: u64, values: Vec<Option<Vec<u8>>>) -> Self {
        Self { now, values }
    }
}

/// A value for a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fill {
    /// Under which key.
    pub key: String,
    /// The era before its load began.
    pub mark: Mark,
    /// By which slots it is ended.
    pub slots: Vec<u16>,
    /// The value, as an [`envelope`](crate::envelope).
    pub value: Vec<u8>,
    /// For how long it is of use, a millisecond at least.
    pub keep: Duration,
}

impl Fill {
    /// Says what is stored where, from when it is, what ends it and for how long it is of use.
    #[must_use]
    pub const fn new(
        key: String,
        mark: Mark,
        slots: Vec<u16>,
        value: Vec<u8>,
        keep: Duration,
    ) -> Self {
        Self { key, mark, slots, value, keep }
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StoreError {
    what: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// Says what went wrong.
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { what, source: None }
    }

    /// Says what went wrong, and because of what.
    pub fn caused_by(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what, source: Some(source.into()) }
    }
}
