//! Locks in a real PostgreSQL.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use palisade_ratelimit::lockout::store::PostgresLockouts;
use palisade_ratelimit::lockout::store::contract::{self, Fixture};
use palisade_ratelimit::lockout::{Claim, Kind, Ladder, LockoutStore, Subject};
use palisade_testkit::postgres::Postgres;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::shared::postgres::{alone, keeps_its_connection};

/// A crowd waits for its connections.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Real {
    pub(crate) store: PostgresLockouts,
    pub(crate) pool: PgPool,
    url: String,
    server: Postgres,
}

impl Real {
    pub(crate) async fn new() -> Self {
        let server = Postgres::start().unwrap();
        let database = server.create_database().unwrap();
        let url = server.url(&database);
        let pool = PgPoolOptions::new()
            .max_connections(20)
            .acquire_timeout(PATIENCE)
            .connect(&url)
            .await
            .unwrap();
        let store = PostgresLockouts::new(pool.clone());
        store.migrate().await.unwrap();
        Self { store, pool, url, server }
    }
}

impl Fixture for Real {
    fn store(&self) -> &dyn LockoutStore {
        &self.store
    }

    /// The server's clock stays; what it has kept becomes older.
    fn advance(&self, by: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async move {
            let age = sqlx::query(
                "UPDATE palisade_lockout SET last_failure = last_failure - $1, locked_until = \
                 CASE WHEN locked_until IN (0, 9007199254740991) THEN locked_until \
                 ELSE locked_until - $1 END",
            );
            let millis = i64::try_from(by.as_millis()).unwrap();
            age.bind(millis).execute(&self.pool).await.unwrap();
        })
    }
}

#[tokio::test]
async fn who_gives_up_while_it_takes_a_connection_leaves_it_open() {
    let real = Real::new().await;
    let pool = alone(&real.url).await;
    let store = PostgresLockouts::new(pool.clone());
    let ladder = Ladder::new(5, &[Duration::from_secs(30)]).unwrap();
    let account = Subject::new(Kind::Account, [1; 16], ladder);
    let claim = Claim::new(account, None, 2);
    let ask = async || store.begin(&claim).await.unwrap();
    keeps_its_connection(&real.server, &pool, ask).await;
}

#[tokio::test]
async fn postgres_keeps_the_contract() {
    contract::holds(&Real::new().await).await.unwrap();
}
