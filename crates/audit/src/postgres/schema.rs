//! The tables, with a version.

use sqlx::PgPool;

/// Why the tables were not brought up to date; nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database did what no statement here expects.
    #[error("the tables of the audit store could not be brought up to date")]
    Database(#[from] sqlx::Error),
    /// A newer release has changed the tables in a way that this one does not know.
    #[error(
        "the tables of the audit store have version {found}, this release knows {known}: run the newer release"
    )]
    Newer {
        /// The version in the database.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
}

/// One script for each version.
pub(super) const SCRIPTS: &[&str] = &[include_str!("tables.sql")];

/// The versions of all crates of this family, by component.
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS palisade_schema \
    (component TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)";

pub(super) async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    let mut transaction = pool.begin().await?;
    // Two that start at once go one by one; "IF NOT EXISTS" alone would let them collide.
    sqlx::raw_sql("SELECT pg_advisory_xact_lock(1885434989, 1)").execute(&mut *transaction).await?;
    sqlx::raw_sql(VERSIONS).execute(&mut *transaction).await?;
    let sql = "SELECT version FROM palisade_schema WHERE component = 'audit'";
    let found: Option<i64> = sqlx::query_scalar(sql).fetch_optional(&mut *transaction).await?;
    let (found, known) = (found.unwrap_or(0), i64::try_from(SCRIPTS.len()).unwrap_or(i64::MAX));
    let missing = usize::try_from(found).ok().and_then(|found| SCRIPTS.get(found..));
    let Some(missing) = missing else { return Err(MigrateError::Newer { found, known }) };
    for script in missing {
        sqlx::raw_sql(*script).execute(&mut *transaction).await?;
    }
    let sql = "INSERT INTO palisade_schema VALUES ('audit', $1) \
               ON CONFLICT (component) DO UPDATE SET version = excluded.version";
    sqlx::query(sql).bind(known).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}
