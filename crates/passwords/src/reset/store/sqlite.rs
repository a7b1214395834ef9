//! Tokens in `SQLite`.

use sqlx::{SqliteConnection, SqlitePool};

use crate::reset::error::{ClaimError, Gone, MigrateError, StoreError};
use crate::reset::record::{Claim, NewPassword, NewRecord, Record, Selector};
use crate::reset::store::sql::{self, Schema, sql_store};
use crate::reset::store::{KEPT, Store, WriteFuture};

/// Keeps digests in the application's `SQLite` database.
///
/// Every transaction that writes begins as `IMMEDIATE`, so that it never fails half-way because of
/// another writer; how long it waits for its turn is the pool's `busy_timeout`.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
}

const SCHEMA: Schema = Schema {
    steps: &["CREATE TABLE palisade_reset_accounts (
    account TEXT PRIMARY KEY,
    newest INTEGER NOT NULL,
    floor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE palisade_reset_tokens (
    selector BLOB PRIMARY KEY,
    digest BLOB NOT NULL,
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    stamp INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX palisade_reset_tokens_by_account ON palisade_reset_tokens (account, stamp);
CREATE INDEX palisade_reset_tokens_by_end ON palisade_reset_tokens (expires_at);
"],
};

sql_store!(
    SqliteStore, SqlitePool, SqliteConnection,
    begin: "BEGIN IMMEDIATE", lock: [], lock_schema: []
);
