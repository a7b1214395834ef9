//! A copy of the database as it is at one moment, and what stands in one.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};

use super::file;
use crate::folder;
use crate::store::OpenError;

/// What stands in a database.
#[derive(Debug)]
pub(crate) struct Contents {
    /// The rows of each table.
    pub(crate) rows: BTreeMap<String, u64>,
    /// The files that it speaks of.
    pub(crate) copies: Vec<KeptCopy>,
}

/// A file in the folder of copies.
#[derive(Debug)]
pub(crate) struct KeptCopy {
    pub(crate) stored: String,
    pub(crate) sha256: String,
}

/// Copies the database in a data folder, which may be written meanwhile, into a new file.
pub(crate) async fn snapshot(data: &Path, to: &Path) -> Result<(), OpenError> {
    let path = data.join(file::NAME);
    let failed = |source| OpenError::file(&path, source);
    let of_file = |source| OpenError::File { path: to.to_owned(), source };
    // An empty file is filled, and keeps its mode.
    folder::make_file(to).map_err(of_file)?;
    let mut connection = open(&path).await?;
    let name = to.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO ?1").bind(name).execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(of_file)
}

/// Looks at every page, index and reference of a database and counts what stands in it.
pub(crate) async fn examine(path: &Path) -> Result<Contents, OpenError> {
    let failed = |source| OpenError::file(path, source);
    let damaged = |what: String| OpenError::Damaged { place: OpenError::place(path), what };
    let mut connection = open(path).await?;
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_all(&mut connection)
        .await
        .map_err(failed)?;
    if found != ["ok"] {
        return Err(damaged(found.concat()));
    }
    let loose = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await;
    if !loose.map_err(failed)?.is_empty() {
        return Err(damaged("a row refers to one that is not there".to_owned()));
    }
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'";
    let tables: Vec<String> =
        sqlx::query_scalar(tables).fetch_all(&mut connection).await.map_err(failed)?;
    let mut rows = BTreeMap::new();
    for table in tables {
        let count = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
        let count = sqlx::query_scalar::<_, i64>(AssertSqlSafe(count)).fetch_one(&mut connection);
        let count = u64::try_from(count.await.map_err(failed)?).unwrap_or_default();
        rows.insert(table, count);
    }
    let copies = "SELECT stored_name, sha256 FROM copies ORDER BY id";
    let copies: Vec<(String, String)> =
        sqlx::query_as(copies).fetch_all(&mut connection).await.map_err(failed)?;
    let copies = copies.into_iter().map(|(stored, sha256)| KeptCopy { stored, sha256 }).collect();
    connection.close().await.map_err(failed)?;
    Ok(Contents { rows, copies })
}

async fn open(path: &Path) -> Result<SqliteConnection, OpenError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    options.connect().await.map_err(|source| OpenError::file(path, source))
}
