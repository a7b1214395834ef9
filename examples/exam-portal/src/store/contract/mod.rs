//! What holds on every engine: each of these tests runs on `SQLite` and on a real PostgreSQL.

mod accounts;
mod records;

use std::sync::Arc;
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_testkit::postgres::Postgres;
use tempfile::TempDir;

use super::*;
use crate::students::{ListQuery, NewStudent};
use accounts::{
    a_hash_is_replaced_only_where_it_is_the_expected_one, a_reset_and_a_lock_raise_the_stamp,
    a_session_is_kept_found_by_its_key_changed_and_ended,
    an_account_follows_its_student_and_outlives_it,
    an_account_is_found_by_every_spelling_and_kept_as_it_was_written,
    first_accounts_are_made_where_there_is_none, sessions_are_few_and_make_room_for_new_ones,
};
use records::{
    a_payment_outlives_its_student, a_table_of_students_is_added_at_once,
    an_announcement_is_written_over, an_exam_has_copies_and_grades,
    settings_are_there_from_the_start,
};

/// A database of one test.
pub(super) struct Bench {
    folder: TempDir,
    server: Option<Postgres>,
    url: Option<PostgresUrl>,
    pub(super) clock: ManualClock,
}

impl Bench {
    fn sqlite() -> Self {
        Self::new(None)
    }

    fn postgres() -> Self {
        Self::new(Some(Postgres::start().unwrap()))
    }

    fn new(server: Option<Postgres>) -> Self {
        let url = server
            .as_ref()
            .map(|server| PostgresUrl::of(&server.url(&server.create_database().unwrap())));
        let clock = ManualClock::starting_at(Duration::from_secs(1_796_000_000));
        Self { folder: tempfile::tempdir().unwrap(), server, url, clock }
    }

    /// Opens the database as another program would.
    async fn try_open(&self, limits: Limits) -> Result<Store, OpenError> {
        let clock = Arc::new(self.clock.clone());
        let seed = Seed::Demo { today: self.clock.wall() };
        Store::open(self.url.as_ref(), self.folder.path(), limits, clock, seed).await
    }

    pub(super) async fn open(&self) -> Store {
        self.try_open(Limits::default()).await.unwrap()
    }

    /// Sets the version of the tables.
    async fn set_version(&self, version: i64) {
        let store = self.open().await;
        let sql = match &store.engine {
            Engine::Postgres(_) => format!("UPDATE exam_portal_version SET version = {version}"),
            Engine::Sqlite(_) => format!("PRAGMA user_version = {version}"),
        };
        on!(store, pool => async {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.map(drop)
        })
        .unwrap();
        store.close().await;
    }
}

/// Runs each test on both engines.
macro_rules! on_every_engine {
    ($($name:ident)+) => {
        mod sqlite_engine {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Bench::sqlite()).await;
            })+
        }

        mod postgres_engine {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Bench::postgres()).await;
            })+
        }
    };
}

on_every_engine! {
    a_student_is_added_changed_and_removed
    a_list_is_sorted_searched_and_paged_alike
    a_code_is_given_once
    counts_are_of_the_last_week
    many_programs_that_start_at_once_migrate_once
    a_newer_version_is_refused_and_left_alone
    an_endless_statement_ends_and_its_connection_is_free_again
    an_account_is_found_by_every_spelling_and_kept_as_it_was_written
    first_accounts_are_made_where_there_is_none
    a_hash_is_replaced_only_where_it_is_the_expected_one
    a_reset_and_a_lock_raise_the_stamp
    an_account_follows_its_student_and_outlives_it
    a_session_is_kept_found_by_its_key_changed_and_ended
    sessions_are_few_and_make_room_for_new_ones
    an_exam_has_copies_and_grades
    an_announcement_is_written_over
    a_payment_outlives_its_student
    settings_are_there_from_the_start
    a_table_of_students_is_added_at_once
}

fn student(code: &str, name: &str) -> NewStudent {
    let draft = serde_json::json!({
        "code": code, "name": name, "email": "Z@school.example", "birthDate": "2008-02-29"
    });
    serde_json::from_value(draft).unwrap()
}

async fn codes(store: &Store, query: &str) -> Vec<String> {
    let found = store.list_students(&ListQuery::parse(query)).await.unwrap();
    found.items.into_iter().map(|student| student.code).collect()
}

async fn a_student_is_added_changed_and_removed(bench: Bench) {
    let store = bench.open().await;
    let name = "Robert'); DROP TABLE students;-- \u{e9}\u{1f980}";
    let added = store.add_student(&student("x-1", name)).await.unwrap();
    assert_eq!((added.code.as_str(), added.name.as_str()), ("x-1", name));
    assert_eq!(added.created_at, added.updated_at);

    bench.clock.advance(Duration::from_mins(1));
    let change = serde_json::from_str(r#"{"email": "new@school.example"}"#).unwrap();
    let (before, changed) = store.change_student("x-1", &change).await.unwrap().unwrap();
    assert_eq!(before.email, added.email);
    assert_eq!((changed.name.as_str(), changed.email.as_str()), (name, "new@school.example"));
    assert!(changed.updated_at > changed.created_at);
    assert_eq!(store.student("x-1").await.unwrap().unwrap().email, "new@school.example");
    assert!(store.change_student("x-2", &change).await.unwrap().is_none());

    assert!(store.remove_student("x-1").await.unwrap());
    assert!(!store.remove_student("x-1").await.unwrap());
    assert!(store.student("x-1").await.unwrap().is_none());
}

async fn a_list_is_sorted_searched_and_paged_alike(bench: Bench) {
    let store = bench.open().await;
    for (code, name) in [("x-1", "aNNa 100%"), ("x-2", "Anna_B"), ("x-3", "zo\\e")] {
        store.add_student(&student(code, name)).await.unwrap();
    }
    assert_eq!(codes(&store, "q=ANNA&sort=name").await, ["x-1", "x-2"]);
    assert_eq!(codes(&store, "q=anna&sort=-name").await, ["x-2", "x-1"]);
    assert_eq!(codes(&store, "q=%25").await, ["x-1"]);
    assert_eq!(codes(&store, "q=_").await, ["x-2"]);
    assert_eq!(codes(&store, "q=%5C").await, ["x-3"]);
    assert_eq!(codes(&store, "q=z@SCHOOL&sort=-code").await, ["x-3", "x-2", "x-1"]);
    for sort in ["name", "email", "code", "birthDate"] {
        let mut up = Vec::new();
        for page in 1..=4 {
            up.extend(codes(&store, &format!("sort={sort}&per_page=10&page={page}")).await);
        }
        let mut down = codes(&store, &format!("sort=-{sort}&per_page=100")).await;
        down.reverse();
        assert_eq!((up.len(), &up), (39, &down), "{sort}");
    }
    let total = store.list_students(&ListQuery::parse("per_page=1")).await.unwrap().total;
    assert_eq!(total, 39);
}

async fn a_code_is_given_once(bench: Bench) {
    let store = bench.open().await;
    let adds = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.add_student(&student("x-1", "Ana")).await.map(drop) })
    });
    let mut added = Vec::new();
    for add in adds.collect::<Vec<_>>() {
        match add.await.unwrap() {
            Ok(()) => added.push(()),
            Err(error) => assert!(matches!(error, StoreError::Duplicate), "{error}"),
        }
    }
    assert_eq!(added.len(), 1);
    let change = serde_json::from_str(r#"{"code": "x-1"}"#).unwrap();
    let taken = store.change_student("S-0001", &change).await.unwrap_err();
    assert!(matches!(taken, StoreError::Duplicate), "{taken}");
}

async fn counts_are_of_the_last_week(bench: Bench) {
    let store = bench.open().await;
    bench.clock.advance(Duration::from_hours(8 * 24));
    store.add_student(&student("x-1", "Ana")).await.unwrap();
    bench.clock.advance(Duration::from_mins(1));
    let change = serde_json::from_str(r#"{"name": "Bo"}"#).unwrap();
    for code in ["x-1", "S-0001"] {
        store.change_student(code, &change).await.unwrap().unwrap();
    }
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.students, counts.added, counts.changed), (37, 1, 2));
    assert_eq!(counts.years.iter().map(|(_, students)| students).sum::<u64>(), 37);
    let recent = store.recent_students(1).await.unwrap();
    assert_eq!((recent.len(), recent[0].name.as_str()), (1, "Bo"));
}

async fn many_programs_that_start_at_once_migrate_once(bench: Bench) {
    let bench = Arc::new(bench);
    let starts = (0..4).map(|_| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.open().await })
    });
    for start in starts.collect::<Vec<_>>() {
        assert_eq!(start.await.unwrap().counts().await.unwrap().students, 36);
    }
}

async fn a_newer_version_is_refused_and_left_alone(bench: Bench) {
    bench.set_version(migrations::VERSION + 1).await;
    for _ in 0..2 {
        let refused = bench.try_open(Limits::default()).await.unwrap_err().to_string();
        assert!(refused.contains("start the newer program"), "{refused}");
    }
}

async fn an_endless_statement_ends_and_its_connection_is_free_again(bench: Bench) {
    drop(bench.open().await);
    let limits =
        Limits { statements: Duration::from_millis(100), connections: 1, ..Limits::default() };
    // Time has to pass while the statement runs.
    let clock = Arc::new(palisade_core::SystemClock::new());
    let store = Store::open(bench.url.as_ref(), bench.folder.path(), limits, clock, Seed::Nothing)
        .await
        .unwrap();
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x % 10 + 1 FROM n) \
                   SELECT count(*) FROM n";
    for _ in 0..3 {
        let ended = on!(store, pool => async {
            sqlx::query(endless).fetch_one(pool).await.map(drop)
        });
        assert!(matches!(ended, Err(StoreError::TimedOut)), "{ended:?}");
        store.probe().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_or_goes_away_is_no_endless_wait_and_comes_back() {
    let bench = Bench::postgres();
    let limits = Limits {
        statements: Duration::from_millis(200),
        acquire: Duration::from_millis(200),
        busy: Duration::from_millis(200),
        connections: 2,
    };
    let store = bench.try_open(limits).await.unwrap();
    let server = bench.server.as_ref().unwrap();
    store.probe().await.unwrap();

    server.pause().unwrap();
    let patience = limits.whole() * 10;
    let ended = tokio::time::timeout(patience, store.probe()).await.unwrap();
    assert!(matches!(ended, Err(StoreError::Busy | StoreError::TimedOut)), "{ended:?}");
    server.resume().unwrap();
    comes_back(&store).await;

    server.kill();
    let ended = store.probe().await.unwrap_err();
    assert!(matches!(ended, StoreError::Busy | StoreError::Unreachable(_)), "{ended:?}");
    server.restart().unwrap();
    comes_back(&store).await;
}

/// Connections that broke are found out one by one.
async fn comes_back(store: &Store) {
    let patience = Duration::from_secs(20);
    let back = async {
        while store.probe().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(patience, back).await.unwrap();
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let server = Postgres::start().unwrap();
    let database = server.create_database().unwrap();
    server.query(&database, "CREATE TABLE students (shoe_size INT)").unwrap();
    let url = PostgresUrl::of(&server.url(&database));
    let clock = Arc::new(ManualClock::new());
    let folder = tempfile::tempdir().unwrap();
    let refused =
        Store::open(Some(&url), folder.path(), Limits::default(), clock, Seed::Nothing).await;
    assert!(refused.unwrap_err().to_string().contains("another program"));
    assert_eq!(server.query(&database, "SELECT count(*) FROM students").unwrap().trim(), "0");
}

#[tokio::test]
async fn who_cannot_be_reached_is_named_without_the_password() {
    let url = PostgresUrl::of("postgres://ada:s3cret@127.0.0.1:1/exams");
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new()));
    let refused =
        Store::open(Some(&url), folder.path(), Limits::default(), clock, Seed::Nothing).await;
    let refused = format!("{0} {0:?}", refused.unwrap_err());
    assert!(refused.contains("postgres://ada:***@127.0.0.1:1/exams"), "{refused}");
    assert!(!refused.contains("s3cret"), "{refused}");
}
