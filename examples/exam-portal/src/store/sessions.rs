//! Sessions in the database: rows that no cookie can be made of.

use palisade_passwords::session::SessionKey;

use super::engine::on;
use super::{Store, StoreError};
use crate::accounts::UserId;

/// Sessions of one account at once; the one that was not used for the longest time makes room.
const PER_USER: i64 = 16;

/// What is kept of a session.
#[derive(Debug)]
pub(crate) struct SessionRow {
    /// The last use, in seconds since 1970.
    pub(crate) used: i64,
    pub(crate) data: String,
}

impl Store {
    /// Returns the session with this key, if it was used after `since`.
    pub(crate) async fn session(
        &self,
        key: SessionKey,
        since: i64,
    ) -> Result<Option<SessionRow>, StoreError> {
        let sql = "SELECT used, data FROM sessions WHERE key = $1 AND used > $2";
        let key = key.as_bytes().as_slice();
        on!(self, pool => async {
            let row: Option<(i64, String)> =
                sqlx::query_as(sql).bind(key).bind(since).fetch_optional(pool).await?;
            Ok(row.map(|(used, data)| SessionRow { used, data }))
        })
    }

    /// Notes that a session was used.
    pub(crate) async fn touch_session(&self, key: SessionKey, now: i64) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET used = $2 WHERE key = $1 AND used < $2";
        let key = key.as_bytes().as_slice();
        on!(self, pool => async {
            sqlx::query(sql).bind(key).bind(now).execute(pool).await.map(drop)
        })
    }

    /// Adds a session; sessions unused since `since`, and the oldest ones of its user that are too
    /// many, make room.
    pub(crate) async fn add_session(
        &self,
        key: SessionKey,
        user: UserId,
        row: &SessionRow,
        since: i64,
    ) -> Result<(), StoreError> {
        let unused = "DELETE FROM sessions WHERE used <= $1";
        let surplus = "DELETE FROM sessions WHERE user_id = $1 AND key NOT IN \
                       (SELECT key FROM sessions WHERE user_id = $1 ORDER BY used DESC LIMIT $2)";
        let insert = "INSERT INTO sessions (key, user_id, used, data) VALUES ($1, $2, $3, $4)";
        let key = key.as_bytes().as_slice();
        on!(self, pool => async {
            let mut transaction = pool.begin().await?;
            sqlx::query(insert)
                .bind(key)
                .bind(user.0)
                .bind(row.used)
                .bind(&row.data)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(unused).bind(since).execute(&mut *transaction).await?;
            sqlx::query(surplus).bind(user.0).bind(PER_USER).execute(&mut *transaction).await?;
            transaction.commit().await
        })
    }

    /// Writes what a session holds; says whether it is still there.
    pub(crate) async fn save_session(
        &self,
        key: SessionKey,
        data: &str,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE sessions SET data = $2 WHERE key = $1";
        let key = key.as_bytes().as_slice();
        on!(self, pool => async {
            let done = sqlx::query(sql).bind(key).bind(data).execute(pool).await?;
            Ok(done.rows_affected() == 1)
        })
    }

    pub(crate) async fn end_session(&self, key: SessionKey) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE key = $1";
        let key = key.as_bytes().as_slice();
        on!(self, pool => async { sqlx::query(sql).bind(key).execute(pool).await.map(drop) })
    }
}
