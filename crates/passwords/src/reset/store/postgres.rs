//! Tokens in PostgreSQL.

use sqlx::{PgConnection, PgPool};

use crate::reset::error::{ClaimError, Gone, MigrateError, StoreError};
use crate::reset::record::{Claim, NewPassword, NewRecord, Record, Selector};
use crate::reset::store::sql::{self, Schema, sql_store};
use crate::reset::store::{KEPT, Store, WriteFuture};

/// Keeps digests in the application's PostgreSQL database.
///
/// The lock is that of the account's row, taken first, so that issuing, redeeming and revoking for
/// one account happen one after another and accounts do not wait for each other.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pool: PgPool,
}

const SCHEMA: Schema = Schema {
    steps: &["CREATE TABLE palisade_reset_accounts (
    account TEXT PRIMARY KEY,
    newest BIGINT NOT NULL,
    floor BIGINT NOT NULL
);
CREATE TABLE palisade_reset_tokens (
    selector BYTEA PRIMARY KEY,
    digest BYTEA NOT NULL,
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    stamp BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX palisade_reset_tokens_by_account ON palisade_reset_tokens (account, stamp);
CREATE INDEX palisade_reset_tokens_by_end ON palisade_reset_tokens (expires_at);
"],
};

// Read committed, whatever the database's default: what is read after the lock was waited for is
// what the other left behind. The number of the advisory lock spells "palreset".
sql_store!(
    PostgresStore, PgPool, PgConnection,
    begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
    lock: ["SELECT newest FROM palisade_reset_accounts WHERE account = \
            (SELECT account FROM palisade_reset_tokens WHERE selector = $1) FOR UPDATE"],
    lock_schema: ["SELECT pg_advisory_xact_lock(8097872843572995444)"]
);
