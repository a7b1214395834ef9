//! From the version of a file to the program's.
//!
//! The version is the database's `user_version`. Each step and its number are one transaction:
//! a start that is cut off leaves the old version or the new one.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Sqlite};

use super::header::APPLICATION_ID;
use crate::store::migrations::{VERSION, missing};
use crate::store::{OpenError, Seed, demo};

pub(super) async fn migrate(
    options: &SqliteConnectOptions,
    path: &Path,
    seed: Seed,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::file(path, source);
    let mut connection = options.connect().await.map_err(failed)?;
    let done = match check(&mut connection, path).await {
        Ok(VERSION) => Ok(()),
        Ok(_) => run_steps(&mut connection, path, seed).await,
        Err(error) => Err(error),
    };
    connection.close().await.map_err(failed)?;
    done
}

/// Refuses damage and newer versions; returns the version found.
async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<i64, OpenError> {
    let failed = |source| OpenError::file(path, source);
    let found = version(connection, path).await?;
    let verdict: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await.map_err(failed)?;
    if verdict == "ok" {
        Ok(found)
    } else {
        let what = verdict.replace('\n', " ");
        Err(OpenError::Damaged { place: OpenError::place(path), what })
    }
}

/// Returns the version; one that this program does not know is an error.
async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<i64, OpenError> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(connection)
        .await
        .map_err(|source| OpenError::file(path, source))?;
    if found > VERSION {
        return Err(OpenError::Newer { place: OpenError::place(path), found, known: VERSION });
    }
    Ok(found)
}

/// Takes every missing step in one transaction; a database that was empty is seeded.
async fn run_steps(
    connection: &mut SqliteConnection,
    path: &Path,
    seed: Seed,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::file(path, source);
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    // Another process may have been faster, and newer.
    let found = version(&mut transaction, path).await?;
    for step in missing(found) {
        sqlx::raw_sql(step.sqlite).execute(&mut *transaction).await.map_err(failed)?;
    }
    if found == 0 {
        demo::fill::<Sqlite>(&mut transaction, seed).await.map_err(failed)?;
    }
    // Pragmas take no parameters; both are numbers of this program.
    let marks =
        format!("PRAGMA user_version = {VERSION}; PRAGMA application_id = {APPLICATION_ID}");
    sqlx::raw_sql(AssertSqlSafe(marks)).execute(&mut *transaction).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}
