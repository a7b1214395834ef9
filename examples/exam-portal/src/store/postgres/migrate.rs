//! From the version of a server's tables to the program's.
//!
//! The version is a row of its own table. Everything is one transaction under an advisory lock, so
//! that of two programs that start together one migrates and the other finds it done.

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Postgres};

use crate::store::migrations::{VERSION, missing};
use crate::store::{OpenError, Seed, demo};

/// "EXAM": the lock that migrations of the portal hold.
const LOCK: i64 = 0x4558_414d;

pub(super) async fn migrate(
    connection: &mut PgConnection,
    place: &str,
    seed: Seed,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::Server { place: place.to_owned(), source };
    let mut transaction = connection.begin().await.map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let found = match version(&mut transaction).await.map_err(failed)? {
        Found::Empty => 0,
        Found::Foreign => return Err(OpenError::Foreign { place: place.to_owned() }),
        Found::Ours(VERSION) => return Ok(()),
        Found::Ours(found) if found > VERSION => {
            return Err(OpenError::Newer { place: place.to_owned(), found, known: VERSION });
        }
        Found::Ours(found) => found,
    };
    run_steps(&mut transaction, found, seed).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// What a database is.
enum Found {
    Empty,
    /// It has a table of one of our names, and no version.
    Foreign,
    Ours(i64),
}

async fn version(connection: &mut PgConnection) -> sqlx::Result<Found> {
    let sql = "SELECT to_regclass('exam_portal_version') IS NOT NULL, \
               to_regclass('students') IS NOT NULL";
    match sqlx::query_as(sql).fetch_one(&mut *connection).await? {
        (true, _) => {
            let sql = "SELECT version FROM exam_portal_version";
            Ok(Found::Ours(sqlx::query_scalar(sql).fetch_one(connection).await?))
        }
        (false, true) => Ok(Found::Foreign),
        (false, false) => Ok(Found::Empty),
    }
}

async fn run_steps(connection: &mut PgConnection, found: i64, seed: Seed) -> sqlx::Result<()> {
    for step in missing(found) {
        sqlx::raw_sql(step.postgres).execute(&mut *connection).await?;
    }
    if found == 0 {
        let sql = "CREATE TABLE exam_portal_version (version BIGINT NOT NULL); \
                   INSERT INTO exam_portal_version VALUES (0)";
        sqlx::raw_sql(sql).execute(&mut *connection).await?;
        demo::fill::<Postgres>(connection, seed).await?;
    }
    let sql = "UPDATE exam_portal_version SET version = $1";
    sqlx::query(sql).bind(VERSION).execute(connection).await?;
    Ok(())
}
