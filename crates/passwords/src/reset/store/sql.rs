//! What the SQL stores have in common: the statements, and a macro that runs them.
//!
//! Both engines number their parameters as `$1`. Generic code over `sqlx::Database` would need a
//! page of bounds for each method; the macro writes plain code for each engine.

use crate::reset::error::{MigrateError, StoreError};
use crate::reset::record::{Digest, Record};

pub(super) const COUNT_UP: &str = "INSERT INTO palisade_reset_accounts (account, newest, floor) \
     VALUES ($1, 1, 0) ON CONFLICT (account) \
     DO UPDATE SET newest = palisade_reset_accounts.newest + 1 RETURNING newest";

pub(super) const KEEP: &str = "INSERT INTO palisade_reset_tokens \
     (selector, digest, account, purpose, stamp, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

pub(super) const DROP_OLD: &str =
    "DELETE FROM palisade_reset_tokens WHERE account = $1 AND stamp <= $2";

pub(super) const FIND: &str = "SELECT t.digest, t.account, t.stamp, t.expires_at, \
     COALESCE(t.used_at, 0), a.newest, a.floor FROM palisade_reset_tokens t \
     JOIN palisade_reset_accounts a ON a.account = t.account WHERE t.selector = $1";

pub(super) const USE: &str =
    "UPDATE palisade_reset_tokens SET used_at = $2 WHERE selector = $1 AND used_at IS NULL";

pub(super) const RAISE_FLOOR: &str =
    "UPDATE palisade_reset_accounts SET floor = newest WHERE account = $1";

pub(super) const FORGET_TOKENS: &str = "DELETE FROM palisade_reset_tokens WHERE account = $1";

pub(super) const FORGET_ACCOUNT: &str = "DELETE FROM palisade_reset_accounts WHERE account = $1";

pub(super) const SWEEP: &str = "DELETE FROM palisade_reset_tokens WHERE expires_at < $1";

/// A row of [`FIND`].
pub(super) type Row = (Vec<u8>, String, i64, i64, i64, i64, i64);

pub(super) fn record(row: Row) -> Result<Record, StoreError> {
    let (digest, account, stamp, expires_at, used_at, newest, floor) = row;
    let digest = Digest::from_stored(&digest).ok_or_else(|| StoreError::new("a damaged digest"))?;
    Ok(Record { digest, account, stamp, expires_at, used: used_at != 0, newest, floor })
}

/// The steps from an empty database to the tables of this release; the version is their number.
#[derive(Clone, Copy)]
pub(super) struct Schema {
    pub(super) steps: &'static [&'static str],
}

impl Schema {
    pub(super) fn version(self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }

    /// The steps that a database of that version lacks.
    pub(super) fn missing(
        self,
        found: i64,
    ) -> Result<impl Iterator<Item = &'static str>, MigrateError> {
        if found > self.version() {
            return Err(MigrateError::Newer { found, known: self.version() });
        }
        Ok(self.steps.iter().copied().skip(usize::try_from(found).unwrap_or_default()))
    }
}

/// Writes the methods of a store over a pool.
///
/// `begin` starts a transaction that writes; `lock` takes the lock of the account of a selector,
/// where starting does not lock everything; `lock_schema` keeps two migrations apart.
macro_rules! sql_store {
    (
        $store:ident, $pool:ty, $connection:ty,
        begin: $begin:literal, lock: [$($lock:literal)?], lock_schema: [$($lock_schema:literal)?]
    ) => {
        impl $store {
            /// Keeps digests in two tables of the application's database, through its pool.
            ///
            /// [`migrate`](Self::migrate) makes the tables.
            #[must_use]
            pub const fn new(pool: $pool) -> Self {
                Self { pool }
            }

            /// Returns the statements that make the tables, to be read or run by hand.
            #[must_use]
            pub fn schema() -> String {
                SCHEMA.steps.concat()
            }

            /// Makes the tables, or brings those of an older release up to date; in one
            /// transaction, and harmless when repeated.
            ///
            /// # Errors
            ///
            /// [`MigrateError::Newer`] when a newer release has changed the tables, else what the
            /// database said; nothing was changed then.
            pub async fn migrate(&self) -> Result<(), MigrateError> {
                let mut transaction =
                    self.pool.begin_with($begin).await.map_err(StoreError::new)?;
                let run = async {
                    $(sqlx::query($lock_schema).execute(&mut *transaction).await?;)?
                    let make = "CREATE TABLE IF NOT EXISTS palisade_reset_schema \
                                (version BIGINT NOT NULL)";
                    sqlx::query(make).execute(&mut *transaction).await?;
                    let newest =
                        "SELECT COALESCE(MAX(version), 0) FROM palisade_reset_schema";
                    sqlx::query_scalar::<_, i64>(newest).fetch_one(&mut *transaction).await
                };
                let found = run.await.map_err(StoreError::new)?;
                let run = async {
                    for step in SCHEMA.missing(found)? {
                        sqlx::raw_sql(step)
                            .execute(&mut *transaction)
                            .await
                            .map_err(StoreError::new)?;
                    }
                    if found < SCHEMA.version() {
                        sqlx::query("INSERT INTO palisade_reset_schema (version) VALUES ($1)")
                            .bind(SCHEMA.version())
                            .execute(&mut *transaction)
                            .await
                            .map_err(StoreError::new)?;
                    }
                    Ok::<(), MigrateError>(())
                };
                run.await?;
                Ok(transaction.commit().await.map_err(StoreError::new)?)
            }

            /// Ends every link of an account in a transaction of the application: the one in which
            /// it writes another password or address.
            ///
            /// Call it before your own write: redeeming takes its locks in this order too.
            ///
            /// # Errors
            ///
            /// [`StoreError`]; roll back then.
            pub async fn revoke_in(
                connection: &mut $connection,
                account: &str,
            ) -> Result<(), StoreError> {
                let done = sqlx::query(sql::RAISE_FLOOR).bind(account).execute(connection).await;
                done.map(drop).map_err(StoreError::new)
            }

            async fn read(
                connection: &mut $connection,
                selector: &Selector,
            ) -> Result<Option<Record>, StoreError> {
                let row = sqlx::query_as::<_, sql::Row>(sql::FIND)
                    .bind(selector.as_bytes())
                    .fetch_optional(connection)
                    .await
                    .map_err(StoreError::new)?;
                row.map(sql::record).transpose()
            }

            async fn take(
                connection: &mut $connection,
                claim: &Claim,
            ) -> Result<Record, ClaimError> {
                $(
                    sqlx::query($lock)
                        .bind(claim.selector().as_bytes())
                        .execute(&mut *connection)
                        .await
                        .map_err(StoreError::new)?;
                )?
                let record = Self::read(connection, claim.selector()).await?;
                let record = record.ok_or(Gone::Unknown)?;
                claim.judge(&record)?;
                let used = sqlx::query(sql::USE)
                    .bind(claim.selector().as_bytes())
                    .bind(claim.now())
                    .execute(&mut *connection)
                    .await
                    .map_err(StoreError::new)?;
                if used.rows_affected() != 1 {
                    return Err(Gone::Used.into());
                }
                Self::revoke_in(connection, &record.account).await?;
                Ok(record)
            }
        }

        impl Store for $store {
            type Connection = $connection;

            async fn issue(&self, record: &NewRecord<'_>) -> Result<(), StoreError> {
                let run = async {
                    let mut transaction = self.pool.begin_with($begin).await?;
                    let stamp: i64 = sqlx::query_scalar(sql::COUNT_UP)
                        .bind(record.account)
                        .fetch_one(&mut *transaction)
                        .await?;
                    sqlx::query(sql::KEEP)
                        .bind(record.selector.as_bytes())
                        .bind(record.digest.as_bytes())
                        .bind(record.account)
                        .bind(record.purpose.as_str())
                        .bind(stamp)
                        .bind(record.expires_at)
                        .execute(&mut *transaction)
                        .await?;
                    sqlx::query(sql::DROP_OLD)
                        .bind(record.account)
                        .bind(stamp.saturating_sub(i64::from(KEPT)))
                        .execute(&mut *transaction)
                        .await?;
                    transaction.commit().await
                };
                run.await.map_err(StoreError::new)
            }

            async fn find(&self, selector: &Selector) -> Result<Option<Record>, StoreError> {
                let mut connection = self.pool.acquire().await.map_err(StoreError::new)?;
                Self::read(&mut connection, selector).await
            }

            async fn claim<W>(&self, claim: &Claim, write: W) -> Result<String, ClaimError>
            where
                W: for<'c> FnOnce(&'c mut $connection, NewPassword<'c>) -> WriteFuture<'c> + Send,
            {
                let mut transaction =
                    self.pool.begin_with($begin).await.map_err(StoreError::new)?;
                let record = Self::take(&mut transaction, claim).await?;
                let written = write(&mut transaction, claim.new_password(&record.account)).await;
                written.map_err(ClaimError::Write)?;
                transaction.commit().await.map_err(StoreError::new)?;
                Ok(record.account)
            }

            async fn revoke(&self, account: &str) -> Result<(), StoreError> {
                let mut connection = self.pool.acquire().await.map_err(StoreError::new)?;
                Self::revoke_in(&mut connection, account).await
            }

            async fn forget(&self, account: &str) -> Result<(), StoreError> {
                let run = async {
                    let mut transaction = self.pool.begin_with($begin).await?;
                    for statement in [sql::FORGET_ACCOUNT, sql::FORGET_TOKENS] {
                        sqlx::query(statement).bind(account).execute(&mut *transaction).await?;
                    }
                    transaction.commit().await
                };
                run.await.map_err(StoreError::new)
            }

            async fn sweep(&self, before: i64) -> Result<u64, StoreError> {
                let swept = sqlx::query(sql::SWEEP).bind(before).execute(&self.pool).await;
                swept.map(|swept| swept.rows_affected()).map_err(StoreError::new)
            }
        }
    };
}

pub(super) use sql_store;
