//! Counts in a real PostgreSQL.

use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;

use palisade_ratelimit::Quota;
use palisade_ratelimit::store::{
    Act, Ask, MigrateError, PostgresStore, RuleId, Store, Subject, contract,
};
use palisade_testkit::postgres::Postgres;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

pub(crate) struct Real {
    pub(crate) store: PostgresStore,
    pub(crate) pool: PgPool,
    pub(crate) server: Postgres,
    pub(crate) database: String,
}

impl Real {
    pub(crate) async fn new() -> Self {
        let server = Postgres::start().unwrap();
        let database = server.create_database().unwrap();
        let pool = PgPoolOptions::new().max_connections(8).connect(&server.url(&database)).await;
        let pool = pool.unwrap();
        let store = PostgresStore::new(pool.clone());
        store.migrate().await.unwrap();
        Self { store, pool, server, database }
    }
}

impl contract::Fixture for Real {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn advance(&self, _: Duration) -> bool {
        false
    }
}

#[tokio::test]
async fn postgres_keeps_the_contract_of_all_stores() {
    contract::holds(&Real::new().await).await.unwrap();
}

#[tokio::test]
async fn counters_are_unlogged_and_those_of_a_newer_release_are_left_alone() {
    let real = Real::new().await;
    real.store.migrate().await.unwrap();
    let kind = "SELECT relpersistence::text FROM pg_class WHERE relname = 'palisade_limit'";
    let kind: String = sqlx::query_scalar(kind).fetch_one(&real.pool).await.unwrap();
    assert_eq!(kind, "u");
    let raise = sqlx::query("UPDATE palisade_schema SET version = 7 WHERE component = 'limit'");
    raise.execute(&real.pool).await.unwrap();
    let error = real.store.migrate().await.unwrap_err();
    assert!(matches!(error, MigrateError::Newer { found: 7, known: 1, .. }), "{error}");
    assert!(PostgresStore::schema()[0].starts_with("CREATE UNLOGGED TABLE palisade_limit ("));
}

/// Opens a pool of one connection, in the same database.
pub(crate) async fn alone(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(1).connect(url).await.unwrap()
}

/// Asserts that who gives up while it takes the one connection of a pool leaves it open: the server
/// answers nothing meanwhile.
pub(crate) async fn keeps_its_connection<T>(
    server: &Postgres,
    pool: &PgPool,
    ask: impl AsyncFn() -> T,
) {
    let backend = async || -> i32 {
        let own = sqlx::query_scalar("SELECT pg_backend_pid()");
        let own = own.fetch_one(pool).await.unwrap();
        while pool.num_idle() == 0 {
            tokio::task::yield_now().await;
        }
        own
    };
    let first = backend().await;
    for _ in 0..5 {
        server.pause().unwrap();
        {
            let asked = std::pin::pin!(ask());
            assert!(asked.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        server.resume().unwrap();
        assert_eq!(backend().await, first, "the same connection");
    }
    ask().await;
}

#[tokio::test]
async fn who_gives_up_while_it_takes_a_connection_leaves_it_open() {
    let real = Real::new().await;
    let pool = alone(&real.server.url(&real.database)).await;
    let store = PostgresStore::new(pool.clone());
    let quota = Quota::per_hour(100).meter().unwrap();
    let asks = [Ask::new(Subject::from_hash(1 << 64), RuleId::of("r", 0), quota)];
    let ask = async || store.decide(&asks, Act::Charge).await.unwrap();
    keeps_its_connection(&real.server, &pool, ask).await;
}

#[tokio::test]
async fn two_requests_with_the_same_subjects_in_opposite_order_do_not_deadlock() {
    let real = Real::new().await;
    let store = &real.store;
    let ask = |subject: u128| {
        let quota = Quota::per_hour(1_000_000).meter().unwrap();
        Ask::new(Subject::from_hash(subject << 64), RuleId::of("r", 0), quota)
    };
    let (there, back) = ([ask(1), ask(2)], [ask(2), ask(1)]);
    for _ in 0..50 {
        let (one, two) =
            tokio::join!(store.decide(&there, Act::Charge), store.decide(&back, Act::Charge));
        assert!(one.unwrap().is_admitted() && two.unwrap().is_admitted());
    }
}

#[tokio::test]
async fn rows_that_owe_nothing_are_swept_on_the_way() {
    let real = Real::new().await;
    let Real { store, pool, .. } = &real;
    let old = "INSERT INTO palisade_limit SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), 1, '{5}', 9 \
               FROM generate_series(1, 1000) AS n";
    sqlx::query(old).execute(pool).await.unwrap();
    let quota = Quota::per_second(1000).meter().unwrap();
    for subject in 0..2000_u128 {
        let ask = Ask::new(Subject::from_hash(subject), RuleId::of("sweep", 0), quota);
        store.decide(&[ask], Act::Charge).await.unwrap();
    }
    let left = "SELECT count(*) FROM palisade_limit WHERE swept_after = 9";
    let left: i64 = sqlx::query_scalar(left).fetch_one(pool).await.unwrap();
    // Twenty sweeps are expected and two needed.
    assert_eq!(left, 0);
}
