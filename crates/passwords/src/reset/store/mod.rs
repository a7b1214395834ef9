//! Where digests of tokens are kept.

pub mod contract;
mod memory;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
#[cfg(any(feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod sql;
#[cfg(feature = "sqlx-sqlite")]
mod sqlite;
mod turn;

use std::error::Error;
use std::pin::Pin;

use crate::reset::error::{ClaimError, StoreError};
use crate::reset::record::{Claim, NewPassword, NewRecord, Record, Selector};

pub use memory::MemoryStore;
#[cfg(feature = "sqlx-postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlx-sqlite")]
pub use sqlite::SqliteStore;

/// How many tokens of an account a store keeps, ended ones included, so that their holders can be
/// told why their link is not good.
pub(crate) const KEPT: u8 = 8;

/// What an application's write returns.
pub type WriteFuture<'c> =
    Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send + 'c>>;

/// Keeps digests of tokens, beside the accounts that the application keeps.
///
/// Every method is whole or not at all. A store of your own is proved by [`contract::check`].
pub trait Store: Send + Sync + 'static {
    /// What a write works with: the connection on which the transaction runs.
    type Connection: Send;

    /// Counts the account up, keeps the record with the new count as its stamp, and removes the
    /// account's records that are eight or more older.
    fn issue(&self, record: &NewRecord<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns a record and the state of its account, and changes nothing.
    fn find(
        &self,
        selector: &Selector,
    ) -> impl Future<Output = Result<Option<Record>, StoreError>> + Send;

    /// Under the lock of the account: reads the record, asks [`Claim::judge`], marks the record as
    /// used, raises the floor of the account to its newest stamp, and lets `write` run in the same
    /// transaction. Returns the account.
    ///
    /// A record that is not there is [`Gone::Unknown`](crate::reset::Gone::Unknown).
    fn claim<W>(
        &self,
        claim: &Claim,
        write: W,
    ) -> impl Future<Output = Result<String, ClaimError>> + Send
    where
        W: for<'c> FnOnce(&'c mut Self::Connection, NewPassword<'c>) -> WriteFuture<'c> + Send;

    /// Raises the floor of the account to its newest stamp.
    fn revoke(&self, account: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes the account and its records.
    fn forget(&self, account: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes records that expired before that second of the Unix epoch; returns their number.
    fn sweep(&self, before: i64) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
