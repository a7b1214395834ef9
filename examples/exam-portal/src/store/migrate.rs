//! Versions of the tables.
//!
//! The version is the database's `user_version`. Each step and its number are one transaction:
//! a start that is cut off leaves the old version or the new one.

use std::path::Path;
use std::time::SystemTime;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::header::APPLICATION_ID;
use super::{OpenError, demo};

/// The steps; the position of one, counted from 1, is the version it leads to.
const STEPS: [&str; 1] = [include_str!("migrations/0001_students.sql")];

/// The version that this program writes and reads.
pub(super) const VERSION: i64 = 1;

pub(super) async fn migrate(
    options: &SqliteConnectOptions,
    path: &Path,
    today: SystemTime,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::database(path, source);
    let mut connection = options.connect().await.map_err(failed)?;
    let checked = check(&mut connection, path).await;
    let done = match checked {
        Ok(found) => run_steps(&mut connection, found, today).await.map_err(failed),
        Err(error) => Err(error),
    };
    connection.close().await.map_err(failed)?;
    done
}

/// Refuses damage and newer versions; returns the version found.
async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<i64, OpenError> {
    let failed = |source| OpenError::database(path, source);
    let found = version(connection).await.map_err(failed)?;
    if found > VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    let verdict: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(connection).await.map_err(failed)?;
    if verdict == "ok" {
        Ok(found)
    } else {
        Err(OpenError::Damaged { path: path.to_owned(), what: verdict.replace('\n', " ") })
    }
}

async fn version(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await
}

/// Takes every missing step in one transaction; a database that was empty gets the demo data.
async fn run_steps(
    connection: &mut SqliteConnection,
    found: i64,
    today: SystemTime,
) -> sqlx::Result<()> {
    if found == VERSION {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Another process may have been faster.
    let found = version(&mut transaction).await?;
    let taken = usize::try_from(found).unwrap_or_default();
    for step in STEPS.iter().skip(taken) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    if found == 0 {
        demo::fill(&mut transaction, today).await?;
    }
    // Pragmas take no parameters; both are numbers of this program.
    let marks =
        format!("PRAGMA user_version = {VERSION}; PRAGMA application_id = {APPLICATION_ID}");
    sqlx::raw_sql(AssertSqlSafe(marks)).execute(&mut *transaction).await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_number_of_steps() {
        assert_eq!(usize::try_from(VERSION), Ok(STEPS.len()));
    }
}
