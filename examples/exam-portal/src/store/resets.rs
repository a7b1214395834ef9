//! Reset links in the database: their tables are the library's, the password is the portal's.

use std::time::Duration;

use palisade_passwords::reset::{
    self, IssueError, Live, LookError, MigrateError, PostgresStore, Purpose, RedeemError, Redeemed,
    ResetToken, Resets, SqliteStore,
};
use palisade_passwords::{Accepted, Hasher};
use sqlx::{PgConnection, SqliteConnection};

use super::engine::Engine;
use super::{Store, StoreError};
use crate::accounts::UserId;

/// So long the holder of an expired link is told that it has expired.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Issues, looks at and redeems links, on either engine, each within the store's time.
///
/// A clone shares the connections.
#[derive(Clone, Debug)]
pub(crate) struct ResetLinks {
    resets: Either,
    limit: Duration,
}

#[derive(Clone, Debug)]
enum Either {
    Postgres(Resets<PostgresStore>),
    Sqlite(Resets<SqliteStore>),
}

/// A password was to be set for an account that is gone or disabled.
#[derive(Debug, thiserror::Error)]
#[error("there is no such account any more")]
pub(crate) struct NoAccount;

macro_rules! each {
    ($links:expr, $resets:ident => $call:expr) => {
        match &$links.resets {
            Either::Postgres($resets) => tokio::time::timeout($links.limit, $call).await,
            Either::Sqlite($resets) => tokio::time::timeout($links.limit, $call).await,
        }
    };
}

/// Makes the tables of the library beside those of the portal.
pub(super) async fn migrate(engine: &Engine) -> Result<(), MigrateError> {
    match engine {
        Engine::Postgres(pool) => PostgresStore::new(pool.clone()).migrate().await,
        Engine::Sqlite(pool) => SqliteStore::new(pool.clone()).migrate().await,
    }
}

impl Store {
    /// Returns the reset links of the accounts in this store.
    pub(crate) fn reset_links(&self) -> ResetLinks {
        let clock = std::sync::Arc::clone(&self.clock);
        let resets = match &self.engine {
            Engine::Postgres(pool) => {
                Either::Postgres(Resets::new(PostgresStore::new(pool.clone())).with_clock(clock))
            }
            Engine::Sqlite(pool) => {
                Either::Sqlite(Resets::new(SqliteStore::new(pool.clone())).with_clock(clock))
            }
        };
        ResetLinks { resets, limit: self.limits.whole() }
    }
}

impl ResetLinks {
    /// Issues a link, and removes those that nobody will ask for any more.
    pub(crate) async fn issue(&self, id: UserId) -> Result<ResetToken, IssueError> {
        let account = id.to_string();
        if let Ok(Err(error)) = each!(self, resets => resets.sweep(KEPT)) {
            tracing::warn!(%error, "expired links were not removed");
        }
        each!(self, resets => resets.issue(Purpose::Reset, &account))
            .unwrap_or_else(|_| Err(silent().into()))
    }

    /// Returns the account of a link that is good; changes nothing.
    pub(crate) async fn look(&self, token: &ResetToken) -> Result<(Live, UserId), LookError> {
        let live = each!(self, resets => resets.look(Purpose::Reset, token))
            .unwrap_or_else(|_| Err(silent().into()))?;
        match live.account().parse() {
            Ok(id) => Ok((live, UserId(id))),
            Err(_) => Err(reset::StoreError::new("an account that is no number").into()),
        }
    }

    /// Sets the password and ends every session of the account, or changes nothing.
    pub(crate) async fn redeem(
        &self,
        live: Live,
        id: UserId,
        password: Accepted,
        hasher: &Hasher,
    ) -> Result<Redeemed, RedeemError> {
        let sql = "UPDATE users SET hash = $2, stamp = stamp + 1, must_change = $3, \
                   temporary_until = NULL WHERE id = $1 AND disabled = $3";
        each!(self, resets => resets.redeem(live, password, hasher, move |connection, new| {
            Box::pin(async move {
                let query = sqlx::query(sql).bind(id.0).bind(new.hash()).bind(false);
                let done = query.execute(connection).await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(NoAccount.into()) }
            })
        }))
        .unwrap_or_else(|_| Err(silent().into()))
    }
}

/// A connection on which the links of an account can be ended, in the transaction that changes it.
pub(super) trait EndLinks {
    async fn end_links(&mut self, id: UserId) -> sqlx::Result<()>;
}

impl EndLinks for PgConnection {
    async fn end_links(&mut self, id: UserId) -> sqlx::Result<()> {
        PostgresStore::revoke_in(self, &id.to_string()).await.map_err(of_engine)
    }
}

impl EndLinks for SqliteConnection {
    async fn end_links(&mut self, id: UserId) -> sqlx::Result<()> {
        SqliteStore::revoke_in(self, &id.to_string()).await.map_err(of_engine)
    }
}

fn silent() -> reset::StoreError {
    reset::StoreError::new(sqlx::Error::PoolTimedOut)
}

fn of_engine(error: reset::StoreError) -> sqlx::Error {
    match error.into_source().downcast() {
        Ok(error) => *error,
        Err(other) => sqlx::Error::AnyDriverError(other),
    }
}

impl From<reset::StoreError> for StoreError {
    fn from(error: reset::StoreError) -> Self {
        of_engine(error).into()
    }
}
