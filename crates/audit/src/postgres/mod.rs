//! The logs of many instances in one `PostgreSQL` database, to be searched together.
//!
//! Each instance keeps its own log, which is the truth; a [`PostgresSink`] copies it, and
//! [`PostgresStore::query`] finds events of all. An event is there once, under its log and its number,
//! however often it is sent; what a server that was away has missed is sent from the files of the log.
//!
//! | what is down or wrong | what happens |
//! |---|---|
//! | the server is down, hangs or is cut off | events are recorded all the same (`Required::No`), the mirror lags and catches up; with `Required::Yes` callers hear [`RecordError::Mirror`](crate::RecordError::Mirror) |
//! | an answer is lost | the lines are sent again and are there once |
//! | the log was cut, changed, put back from an old copy or is written by two | [`PostgresError::Diverged`]: nothing is overwritten, the mirror lags until somebody has looked |
//! | events were pruned before the server was back | they are counted as missed |
//!
//! Rows can be changed by who may change tables; what was there is proved by the logs. Give the application
//! a role that may `SELECT` and `INSERT` events and `UPDATE` nothing but `palisade_audit_log`.

mod append;
mod find;
mod schema;
mod sink;

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;
use sqlx::PgPool;
use thiserror::Error;

use crate::event;
use crate::log::Records;
use crate::note::VerifierKey;
use crate::query::{Cursor, CursorError, Filter, Limit, Page, Stored};

pub use schema::MigrateError;
pub use sink::PostgresSink;

/// Why the database did not do what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// The cursor is not taken.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The database did what no statement here expects, or was not reached.
    #[error("the audit store: {0}")]
    Database(#[from] sqlx::Error),
    /// Another event has that number: the log was cut, changed, put back or is written by two.
    #[error("the log {log} is another one than was copied: event {seq} differs")]
    Diverged {
        /// The verifier key of the log.
        log: String,
        /// The first number that differs.
        seq: u64,
    },
}

/// An event, and which log has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gathered {
    /// The verifier key of the log, which names it.
    pub log: String,
    /// The event.
    #[serde(flatten)]
    pub event: Stored,
}

/// The events of all logs that are copied to a database; a clone is the same store.
///
/// Pages are in the order of time, then of logs, then of numbers, newest first. The place of an event never
/// changes; one that arrives late stands where it belongs. Give the pool's connections a
/// `statement_timeout`.
///
/// # Cost
///
/// A page is one walk down an index at any depth. Conditions without an index of their own (`outcome`,
/// `user.*`, `kind:id`) look at up to 20 times 50,000 events, then the page pauses with a cursor.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Keeps events in that database; [`migrate`](Self::migrate) makes its tables.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Returns the SQL of the tables, one script for each version.
    #[must_use]
    pub const fn schema() -> &'static [&'static str] {
        schema::SCRIPTS
    }

    /// Makes the tables, or brings those of an older release up to date.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Newer`] for the tables of a newer release; else what the database said.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        schema::migrate(&self.pool).await
    }

    /// Returns the verifier keys of the logs that are here, in order.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Database`].
    pub async fn logs(&self) -> Result<Vec<String>, PostgresError> {
        let sql = "SELECT key FROM palisade_audit_log ORDER BY key";
        Ok(sqlx::query_scalar(sql).fetch_all(&self.pool).await?)
    }

    /// Returns the first event of that log that is not here.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Database`].
    pub async fn next(&self, log: &VerifierKey) -> Result<u64, PostgresError> {
        append::next(&self.pool, log).await
    }

    /// Appends lines of that log, all or none; what is here already stays as it is.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Diverged`] for another event under a number that is taken; else what the database said. After
    /// an error the lines may be there: append them again.
    pub async fn append(
        &self,
        log: &VerifierKey,
        records: &Records<'_>,
    ) -> Result<(), PostgresError> {
        append::append(&self.pool, log, records).await
    }

    /// Returns a page of the events that a filter wants, newest first; with a cursor, the next page.
    ///
    /// # Errors
    ///
    /// [`PostgresError`].
    pub async fn query(
        &self,
        filter: &Filter,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Gathered>, PostgresError> {
        find::query(&self.pool, filter, limit, cursor).await
    }

    /// Removes events that are older than that; the logs keep theirs. Returns how many they were.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Database`]; what was removed by then is.
    pub async fn prune(&self, before: SystemTime) -> Result<u64, PostgresError> {
        const TOGETHER: u64 = 5000;
        let sql = "DELETE FROM palisade_audit_event WHERE (log, seq) IN \
            (SELECT log, seq FROM palisade_audit_event WHERE ts < $1 ORDER BY ts LIMIT 5000)";
        let mut removed = 0_u64;
        loop {
            let done = sqlx::query(sql).bind(event::micros(before)).execute(&self.pool).await?;
            removed = removed.saturating_add(done.rows_affected());
            if done.rows_affected() < TOGETHER {
                return Ok(removed);
            }
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

/// `PostgreSQL` has no unsigned numbers; no log comes that far.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A text as a column can hold it: a client that sends U+0000 must not stop the mirror.
fn stored_text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
