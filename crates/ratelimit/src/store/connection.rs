//! A connection is taken so that nobody who gives up costs it.

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};

use super::schema::store_error;
use super::{StoreError, StoreErrorKind};

/// Takes a connection of a pool, in a task of its own.
///
/// A pool asks a connection whether it lives before it gives it away, and closes it if whoever waits
/// for that gives up. Decisions do, at their deadline: a pool under load lost one after the other,
/// and each new one while it was made. The task goes on and gives back what nobody wants any more.
///
/// # Errors
///
/// What the pool says, and [`StoreErrorKind::Unreachable`] where the runtime ends.
pub(crate) async fn take<D: Database>(pool: &Pool<D>) -> Result<PoolConnection<D>, StoreError> {
    match tokio::spawn(pool.acquire()).await {
        Ok(taken) => taken.map_err(store_error),
        Err(ended) => Err(StoreError::caused_by(StoreErrorKind::Unreachable, ended)),
    }
}
