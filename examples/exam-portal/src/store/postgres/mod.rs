//! PostgreSQL: a server that several programs share.

mod migrate;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool};

use super::{Limits, OpenError, Seed};
use crate::config::PostgresUrl;

/// For the first connection and all steps of a migration, one that another program runs included.
const START: Duration = Duration::from_mins(1);

/// Connects, and migrates the tables.
pub(super) async fn open(
    url: &PostgresUrl,
    limits: Limits,
    seed: Seed,
) -> Result<PgPool, OpenError> {
    let place = url.to_string();
    let failed = |source| OpenError::Server { place: place.clone(), source };
    let options = bounded(url.options().clone(), limits);
    let migrated = tokio::time::timeout(START, async {
        let mut connection = url.options().connect().await.map_err(failed)?;
        let done = migrate::migrate(&mut connection, &place, seed).await;
        // What was done is committed; how the connection ends changes nothing.
        let _ = connection.close().await;
        done
    });
    match migrated.await {
        Ok(done) => done?,
        Err(_) => return Err(OpenError::Silent { place, waited: START }),
    }
    PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.acquire)
        .connect_with(options)
        .await
        .map_err(failed)
}

/// Has the server itself end a statement that takes too long, and a transaction that is forgotten.
fn bounded(options: PgConnectOptions, limits: Limits) -> PgConnectOptions {
    let millis = |duration: Duration| format!("{}ms", duration.as_millis());
    options.application_name("exam-portal").options([
        ("statement_timeout", millis(limits.statements)),
        ("lock_timeout", millis(limits.busy)),
        ("idle_in_transaction_session_timeout", millis(limits.statements)),
    ])
}
