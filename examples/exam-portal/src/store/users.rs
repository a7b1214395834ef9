//! Accounts in the database.

use palisade_passwords::session::{NewPassword, Stamp};
use palisade_passwords::temporary::Temporary;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::engine::on;
use super::resets::EndLinks;
use super::{Store, StoreError};
use crate::accounts::{NewUser, Role, User, UserId};
use crate::students::written;

/// An account with what its password is compared with.
pub(crate) struct Credentials {
    pub(crate) user: User,
    pub(crate) hash: String,
    /// Until when the password can be used, if it is temporary; in seconds since 1970.
    pub(crate) temporary_until: Option<i64>,
}

impl<'r, R: Row> FromRow<'r, R> for User
where
    for<'i> &'i str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let role: String = row.try_get("role")?;
        let unknown = || sqlx::Error::Decode("a role of another version".into());
        Ok(Self {
            id: UserId(row.try_get("id")?),
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            role: Role::parse(&role).ok_or_else(unknown)?,
            student: row.try_get("student_code")?,
            must_change: row.try_get("must_change")?,
            disabled: row.try_get("disabled")?,
            stamp: Stamp::from_i64(row.try_get("stamp")?),
        })
    }
}

impl<'r, R: Row> FromRow<'r, R> for Credentials
where
    for<'i> &'i str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    User: FromRow<'r, R>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self {
            user: User::from_row(row)?,
            hash: row.try_get("hash")?,
            temporary_until: row.try_get("temporary_until")?,
        })
    }
}

const INSERT: &str = "INSERT INTO users (name, name_key, email, email_key, role, student_code, hash, \
                      must_change, temporary_until, created_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id";

/// Binds the columns of [`INSERT`].
macro_rules! insert {
    ($new:expr, $hash:expr, $now:expr) => {
        sqlx::query_scalar(INSERT)
            .bind(&$new.name)
            .bind($new.name_key())
            .bind(&$new.email)
            .bind($new.email_key())
            .bind($new.role.name())
            .bind($new.student.as_deref())
            .bind($hash)
            .bind($new.must_change)
            .bind($new.temporary_until)
            .bind($now)
    };
}

impl Store {
    /// Returns the account with this spelling of its name.
    pub(crate) async fn credentials_by_name(
        &self,
        key: &str,
    ) -> Result<Option<Credentials>, StoreError> {
        let sql = "SELECT * FROM users WHERE name_key = $1";
        on!(self, pool => sqlx::query_as(sql).bind(key).fetch_optional(pool))
    }

    pub(crate) async fn credentials(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        let sql = "SELECT * FROM users WHERE id = $1";
        on!(self, pool => sqlx::query_as(sql).bind(id.0).fetch_optional(pool))
    }

    pub(crate) async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let sql = "SELECT * FROM users WHERE id = $1";
        on!(self, pool => sqlx::query_as(sql).bind(id.0).fetch_optional(pool))
    }

    /// Returns the account with this spelling of its address.
    pub(crate) async fn user_by_email(&self, key: &str) -> Result<Option<User>, StoreError> {
        let sql = "SELECT * FROM users WHERE email_key = $1";
        on!(self, pool => sqlx::query_as(sql).bind(key).fetch_optional(pool))
    }

    /// Returns all accounts by name, at most ten thousand.
    pub(crate) async fn users(&self) -> Result<Vec<User>, StoreError> {
        let sql = "SELECT * FROM users ORDER BY name_key LIMIT 10000";
        on!(self, pool => sqlx::query_as(sql).fetch_all(pool))
    }

    /// Adds an account; [`StoreError::Duplicate`] if name or address is taken.
    pub(crate) async fn add_user(&self, new: &NewUser, hash: &str) -> Result<UserId, StoreError> {
        let now = written(self.clock.wall());
        on!(self, pool => async { insert!(new, hash, &now).fetch_one(pool).await.map(UserId) })
    }

    /// Adds accounts where there is none; says whether it did.
    pub(crate) async fn add_first_users(
        &self,
        users: &[(NewUser, String)],
    ) -> Result<bool, StoreError> {
        let now = written(self.clock.wall());
        let added = on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            let there: i64 =
                sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&mut *transaction).await?;
            if there > 0 {
                return Ok(false);
            }
            for (new, hash) in users {
                let _: i64 = insert!(new, hash, &now).fetch_one(&mut *transaction).await?;
            }
            transaction.commit().await.map(|()| true)
        });
        match added {
            // Another program was faster.
            Err(StoreError::Busy | StoreError::Duplicate) => Ok(false),
            other => other,
        }
    }

    /// Writes a hash in place of the expected one; says whether that was still there.
    pub(crate) async fn replace_hash(
        &self,
        id: UserId,
        expected: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE users SET hash = $3 WHERE id = $1 AND hash = $2";
        on!(self, pool => async {
            let done = sqlx::query(sql).bind(id.0).bind(expected).bind(new).execute(pool).await?;
            Ok(done.rows_affected() == 1)
        })
    }

    /// Writes the password that a user chose, unless the sessions of the account were ended since;
    /// reset links of the account end.
    pub(crate) async fn set_password(
        &self,
        id: UserId,
        new: NewPassword<'_>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE users SET hash = $2, stamp = $3, must_change = $4, \
                   temporary_until = NULL WHERE id = $1 AND stamp = $5";
        on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            transaction.end_links(id).await?;
            let query = sqlx::query(sql)
                .bind(id.0)
                .bind(new.hash())
                .bind(new.next().as_i64())
                .bind(false)
                .bind(new.expected().as_i64());
            let written = query.execute(&mut *transaction).await?.rows_affected() == 1;
            if written {
                transaction.commit().await?;
            }
            Ok(written)
        })
    }

    /// Writes a temporary password and ends every session and reset link of the account.
    pub(crate) async fn reset_password(
        &self,
        id: UserId,
        hash: &str,
        until: Temporary,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE users SET hash = $2, stamp = stamp + 1, must_change = $3, \
                   temporary_until = $4 WHERE id = $1";
        on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            transaction.end_links(id).await?;
            let query = sqlx::query(sql).bind(id.0).bind(hash).bind(true).bind(until.as_unix());
            query.execute(&mut *transaction).await?;
            transaction.commit().await
        })
    }

    /// Makes an account choose another password at its next sign-in, and ends every session of it;
    /// says whether there is such an account that is not disabled.
    pub(crate) async fn require_change(&self, id: UserId) -> Result<bool, StoreError> {
        let sql = "UPDATE users SET must_change = $2, stamp = stamp + 1 \
                   WHERE id = $1 AND disabled = $3";
        on!(self, pool => async {
            let query = sqlx::query(sql).bind(id.0).bind(true).bind(false);
            Ok(query.execute(pool).await?.rows_affected() == 1)
        })
    }

    /// Locks or unlocks an account and ends every session and reset link of it.
    pub(crate) async fn disable_user(&self, id: UserId, disabled: bool) -> Result<(), StoreError> {
        let sql = "UPDATE users SET disabled = $2, stamp = stamp + 1 WHERE id = $1";
        on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            transaction.end_links(id).await?;
            sqlx::query(sql).bind(id.0).bind(disabled).execute(&mut *transaction).await?;
            transaction.commit().await
        })
    }

    /// Returns some of the hashes, to learn which kinds there are.
    pub(crate) async fn some_hashes(&self, most: u32) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT hash FROM users ORDER BY id DESC LIMIT $1";
        on!(self, pool => sqlx::query_scalar(sql).bind(i64::from(most)).fetch_all(pool))
    }

    /// From now on no hash can be written.
    #[cfg(test)]
    pub(crate) async fn refuse_hashes(&self) {
        let sql = "CREATE TRIGGER refuse BEFORE UPDATE OF hash ON users \
                   BEGIN SELECT RAISE(ABORT, 'refused'); END";
        let done = on!(self, pool => async { sqlx::raw_sql(sql).execute(pool).await.map(drop) });
        done.unwrap();
    }
}
