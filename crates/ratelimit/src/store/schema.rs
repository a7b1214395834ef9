//! Tables with a version.

/// Why tables were not brought up to date; nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database did what no statement here expects.
    #[error("the tables of {component} could not be brought up to date")]
    Database {
        /// Whose tables.
        component: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
    /// A newer release has changed the tables in a way that this one does not know.
    #[error(
        "the tables of {component} have version {found}, this release knows {known}: run the newer release"
    )]
    Newer {
        /// Whose tables.
        component: &'static str,
        /// The version in the database.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
}

/// The tables of one store: one SQL script for each version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    pub(crate) component: &'static str,
    pub(crate) versions: &'static [&'static str],
}

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS palisade_schema \
    (component TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)";

impl Schema {
    #[cfg(feature = "sqlx-sqlite")]
    pub(crate) async fn migrate_sqlite(self, pool: &sqlx::SqlitePool) -> Result<(), MigrateError> {
        let run = async {
            // Takes the lock for writing before it reads: two that start at once go one by one.
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::raw_sql(VERSIONS).execute(&mut *transaction).await?;
            let found = self.found_sqlite(&mut transaction).await?;
            let Some(missing) = self.missing(found) else { return Ok(Err(found)) };
            for script in missing {
                sqlx::raw_sql(*script).execute(&mut *transaction).await?;
            }
            sqlx::query(
                "INSERT INTO palisade_schema VALUES (?1, ?2) \
                ON CONFLICT (component) DO UPDATE SET version = excluded.version",
            )
            .bind(self.component)
            .bind(self.known())
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await.map(Ok)
        };
        self.outcome(run.await)
    }

    #[cfg(feature = "sqlx-postgres")]
    pub(crate) async fn migrate_postgres(self, pool: &sqlx::PgPool) -> Result<(), MigrateError> {
        let run = async {
            let mut transaction = pool.begin().await?;
            // Two that start at once go one by one; "IF NOT EXISTS" alone would let them collide.
            sqlx::raw_sql("SELECT pg_advisory_xact_lock(1885434989, 1)")
                .execute(&mut *transaction)
                .await?;
            sqlx::raw_sql(VERSIONS).execute(&mut *transaction).await?;
            let found = self.found_postgres(&mut transaction).await?;
            let Some(missing) = self.missing(found) else { return Ok(Err(found)) };
            for script in missing {
                sqlx::raw_sql(*script).execute(&mut *transaction).await?;
            }
            sqlx::query(
                "INSERT INTO palisade_schema VALUES ($1, $2) \
                ON CONFLICT (component) DO UPDATE SET version = excluded.version",
            )
            .bind(self.component)
            .bind(self.known())
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await.map(Ok)
        };
        self.outcome(run.await)
    }

    #[cfg(feature = "sqlx-sqlite")]
    async fn found_sqlite(
        self,
        transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    ) -> sqlx::Result<i64> {
        let found = sqlx::query_scalar("SELECT version FROM palisade_schema WHERE component = ?1");
        let found = found.bind(self.component).fetch_optional(&mut **transaction).await?;
        Ok(found.unwrap_or(0))
    }

    #[cfg(feature = "sqlx-postgres")]
    async fn found_postgres(
        self,
        transaction: &mut sqlx::Transaction<'_, sqlx::Postgres>,
    ) -> sqlx::Result<i64> {
        let found = sqlx::query_scalar("SELECT version FROM palisade_schema WHERE component = $1");
        let found = found.bind(self.component).fetch_optional(&mut **transaction).await?;
        Ok(found.unwrap_or(0))
    }

    fn known(self) -> i64 {
        i64::try_from(self.versions.len()).unwrap_or(i64::MAX)
    }

    /// The scripts after the version that was found; `None` when it is a newer one.
    fn missing(self, found: i64) -> Option<&'static [&'static str]> {
        usize::try_from(found).ok().and_then(|found| self.versions.get(found..))
    }

    fn outcome(self, run: sqlx::Result<Result<(), i64>>) -> Result<(), MigrateError> {
        let Self { component, .. } = self;
        match run {
            Ok(Ok(())) => Ok(()),
            Ok(Err(found)) => Err(MigrateError::Newer { component, found, known: self.known() }),
            Err(source) => Err(MigrateError::Database { component, source }),
        }
    }
}

/// Says what kept a database from answering.
pub(crate) fn store_error(error: sqlx::Error) -> crate::store::StoreError {
    use crate::store::{StoreError, StoreErrorKind};

    let kind = match &error {
        sqlx::Error::PoolTimedOut => StoreErrorKind::Timeout,
        sqlx::Error::Database(_) => StoreErrorKind::Refused,
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::Decode(_)
        | sqlx::Error::RowNotFound
        | sqlx::Error::TypeNotFound { .. } => StoreErrorKind::Answer,
        _ => StoreErrorKind::Unreachable,
    };
    StoreError::caused_by(kind, error)
}
