//! Tokens in the application's database.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_passwords::reset::{
    Address, Gone, MigrateError, NewPassword, PostgresStore, Purpose, RedeemError, ResetToken,
    Resets, SqliteStore, Store, WriteFuture, contract,
};
use palisade_testkit::postgres::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{PgConnection, PgPool, SqliteConnection, SqlitePool};

use super::{GOOD, RESET, accepted, hasher, letters, link_in, template, token_in};

const USERS: &str = "CREATE TABLE users (id TEXT PRIMARY KEY, hash TEXT NOT NULL);
                     INSERT INTO users VALUES ('7', 'old')";

async fn sqlite() -> SqlitePool {
    // One connection, since each of ":memory:" is a database of its own.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await;
    let pool = pool.unwrap();
    sqlx::raw_sql(USERS).execute(&pool).await.unwrap();
    pool
}

async fn postgres(server: &Postgres) -> (PgPool, String) {
    let database = server.create_database().unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(5))
        .connect(&server.url(&database))
        .await
        .unwrap();
    sqlx::raw_sql(USERS).execute(&pool).await.unwrap();
    (pool, database)
}

/// An application's side of a store: its table of users.
trait App: Store {
    fn set<'c>(connection: &'c mut Self::Connection, new: NewPassword<'c>) -> WriteFuture<'c>;

    /// Writes, and fails then.
    fn set_and_fail<'c>(
        connection: &'c mut Self::Connection,
        new: NewPassword<'c>,
    ) -> WriteFuture<'c> {
        Box::pin(async move {
            Self::set(connection, new).await?;
            Err("the disk is full".into())
        })
    }
}

macro_rules! app {
    ($store:ident, $connection:ty) => {
        impl App for $store {
            fn set<'c>(connection: &'c mut $connection, new: NewPassword<'c>) -> WriteFuture<'c> {
                Box::pin(async move {
                    let sql = "UPDATE users SET hash = $1 WHERE id = $2";
                    let query = sqlx::query(sql).bind(new.hash()).bind(new.account());
                    let done = query.execute(connection).await?;
                    if done.rows_affected() == 1 { Ok(()) } else { Err("no such user".into()) }
                })
            }
        }
    };
}

app!(SqliteStore, SqliteConnection);
app!(PostgresStore, PgConnection);

/// Changes the password in a transaction of the application.
macro_rules! change {
    ($pool:expr, $store:ident) => {
        async || {
            let mut transaction = $pool.begin().await.unwrap();
            $store::revoke_in(&mut transaction, "7").await.unwrap();
            let sql = "UPDATE users SET hash = 'changed' WHERE id = '7'";
            sqlx::query(sql).execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
        }
    };
}

macro_rules! hash_of_7 {
    ($pool:expr) => {
        async || -> String {
            let sql = "SELECT hash FROM users WHERE id = '7'";
            sqlx::query_scalar(sql).fetch_one(&$pool).await.unwrap()
        }
    };
}

async fn password_and_token_are_written_together<S: App>(
    store: S,
    hash_of_7: impl AsyncFn() -> String,
    change: impl AsyncFn(),
) {
    let (resets, hasher) = (Resets::new(store), hasher());
    let token = resets.issue(RESET, "7").await.unwrap();

    let live = resets.look(RESET, &token).await.unwrap();
    let failed = resets.redeem(live, accepted(GOOD), &hasher, |c, n| S::set_and_fail(c, n));
    assert!(matches!(failed.await.unwrap_err(), RedeemError::Write(_)));
    assert_eq!(hash_of_7().await, "old", "rolled back with the claim");

    // Between look and redeem somebody changes the password.
    let live = resets.look(RESET, &token).await.unwrap();
    change().await;
    let late = resets.redeem(live, accepted(GOOD), &hasher, |c, n| S::set(c, n)).await;
    assert!(matches!(late.unwrap_err(), RedeemError::Gone(Gone::Superseded)));
    assert_eq!(hash_of_7().await, "changed");

    let token = resets.issue(RESET, "7").await.unwrap();
    let live = resets.look(RESET, &token).await.unwrap();
    let redeemed = resets.redeem(live, accepted(GOOD), &hasher, |c, n| S::set(c, n)).await;
    assert_eq!(redeemed.unwrap().account(), "7");
    assert!(hash_of_7().await.starts_with("$argon2id$"));
    assert_eq!(resets.look(RESET, &token).await.err().unwrap().gone(), Some(Gone::Used));

    // An account that is gone: its write finds no row.
    let token = resets.issue(RESET, "8").await.unwrap();
    let live = resets.look(RESET, &token).await.unwrap();
    let nobody = resets.redeem(live, accepted(GOOD), &hasher, |c, n| S::set(c, n)).await;
    assert!(matches!(nobody.unwrap_err(), RedeemError::Write(_)));
}

#[tokio::test]
async fn sqlite_keeps_the_contract_and_writes_together() {
    let pool = sqlite().await;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    contract::check(&store).await.unwrap();
    let (hash_of_7, change) = (hash_of_7!(pool), change!(pool, SqliteStore));
    password_and_token_are_written_together(store, hash_of_7, change).await;
}

#[tokio::test]
async fn postgres_keeps_the_contract_and_writes_together() {
    let server = Postgres::start().unwrap();
    let (pool, database) = postgres(&server).await;
    // The store does not depend on the database's default.
    let strict =
        format!("ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'");
    server.query(&database, &strict).unwrap();
    let store = PostgresStore::new(pool.clone());
    store.migrate().await.unwrap();
    contract::check(&store).await.unwrap();
    let (hash_of_7, change) = (hash_of_7!(pool), change!(pool, PostgresStore));
    password_and_token_are_written_together(store, hash_of_7, change).await;
    pool.close().await;
}

#[tokio::test]
async fn sqlite_migrates_once_and_refuses_a_newer_schema() {
    let pool = sqlite().await;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    assert!(SqliteStore::schema().contains("CREATE TABLE palisade_reset_tokens"));
    sqlx::raw_sql("INSERT INTO palisade_reset_schema VALUES (2)").execute(&pool).await.unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, MigrateError::Newer { found: 2, known: 1 }), "{refused:?}");
    assert!(refused.to_string().contains("start the newer release"));
}

#[tokio::test]
async fn postgres_migrates_once_from_many_and_refuses_a_newer_schema() {
    let server = Postgres::start().unwrap();
    let (pool, database) = postgres(&server).await;
    let store = PostgresStore::new(pool.clone());
    let together = (store.migrate(), store.migrate(), store.migrate(), store.migrate());
    let (one, two, three, four) = tokio::join!(together.0, together.1, together.2, together.3);
    for migrated in [one, two, three, four] {
        migrated.unwrap();
    }
    let versions = server.query(&database, "SELECT version FROM palisade_reset_schema").unwrap();
    assert_eq!(versions, "1");
    server.query(&database, "INSERT INTO palisade_reset_schema VALUES (2)").unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, MigrateError::Newer { found: 2, known: 1 }), "{refused:?}");
    pool.close().await;
}

#[tokio::test]
async fn without_tables_or_with_a_dead_server_there_is_an_error_and_no_link() {
    let store = SqliteStore::new(sqlite().await);
    let resets = Resets::new(store);
    assert!(resets.issue(RESET, "7").await.is_err());
    let token = ResetToken::parse(&"A".repeat(64)).unwrap();
    let error = resets.look(RESET, &token).await.err().unwrap();
    assert_eq!((error.gone(), error.problem().status().as_u16()), (None, 503));

    let server = Postgres::start().unwrap();
    let (pool, _) = postgres(&server).await;
    let store = PostgresStore::new(pool.clone());
    store.migrate().await.unwrap();
    let resets = Resets::new(store);
    let token = resets.issue(RESET, "7").await.unwrap();
    let live = resets.look(RESET, &token).await.unwrap();
    server.kill();
    let hasher = hasher();
    let dead = resets.redeem(live, accepted(GOOD), &hasher, |_, _| Box::pin(async { Ok(()) }));
    let error = dead.await.unwrap_err();
    assert!(matches!(error, RedeemError::Store(_)), "{error:?}");
    assert_eq!(error.problem().status(), 503);
    server.restart().unwrap();
    assert!(resets.look(RESET, &token).await.is_ok(), "the link was not touched");
    pool.close().await;
}

/// Who reads the database, by injection or from a backup, gets no link out of it.
#[tokio::test]
async fn a_dump_of_the_database_gives_no_usable_token() {
    let pool = sqlite().await;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    let resets = Resets::new(store);
    let token = resets.issue(RESET, "7").await.unwrap();
    let to = Address::parse("ada@example.org").unwrap();
    let mail = letters().link(&to, &template(), token).unwrap();
    let text = link_in(mail.text()).rsplit('/').next().unwrap().to_owned();
    let (selector, digest): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT selector, digest FROM palisade_reset_tokens")
            .fetch_one(&pool)
            .await
            .unwrap();
    // If the verifier were stored as it is, this would be the link.
    let from_dump = Base64UrlUnpadded::encode_string(&[selector.clone(), digest].concat());
    assert_eq!(from_dump[..21], text[..21], "the selector is stored");
    let from_dump = ResetToken::parse(&from_dump).unwrap();
    let gone = resets.look(RESET, &from_dump).await.err().unwrap().gone();
    assert_eq!(gone, Some(Gone::Unknown));
    assert!(resets.look(RESET, &token_in(mail.text())).await.is_ok());

    // Who may write too cannot turn an invitation into a reset, nor a row of his into another's.
    let mine = resets.issue(Purpose::Invitation, "8").await.unwrap();
    sqlx::raw_sql("UPDATE palisade_reset_tokens SET purpose = 'reset'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(resets.look(RESET, &mine).await.err().unwrap().gone(), Some(Gone::Unknown));
}

#[tokio::test]
async fn a_locked_database_is_an_error_in_time_and_the_link_stays() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("app.sqlite3"))
        .create_if_missing(true)
        .busy_timeout(Duration::from_millis(20));
    let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await.unwrap();
    sqlx::raw_sql(USERS).execute(&pool).await.unwrap();
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    let resets = Resets::new(store);
    let token = resets.issue(RESET, "7").await.unwrap();
    let live = resets.look(RESET, &token).await.unwrap();
    let writer = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let hasher = hasher();
    let busy = resets.redeem(live, accepted(GOOD), &hasher, |_, _| Box::pin(async { Ok(()) }));
    assert!(matches!(busy.await.unwrap_err(), RedeemError::Store(_)));
    drop(writer);
    assert!(resets.look(RESET, &token).await.is_ok());
}
