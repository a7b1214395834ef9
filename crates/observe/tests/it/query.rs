//! Statements of a request, counted; loops found, and nothing else taken for one.

use std::pin::Pin;

use palisade_observe::assert_queries;
use palisade_observe::query::{QueryWatch, counted, fingerprint};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Row};
use tokio::task::JoinSet;
use tracing::Instrument;

#[test]
fn statements_without_their_values() {
    let table = [
        ("SELECT 1", "select ?"),
        ("select * from t where a=$1 and b = ?2", "select * from t where a = ? and b = ?"),
        ("SELECT\n\t*  FROM t -- all\n WHERE x > 1.5e3", "select * from t where x > ?"),
        ("SELECT /* 'x' */ 'it''s', \"Col\" FROM t;", "select ?, \"Col\" from t"),
        ("a IN (1, 2,3)", "a in (?)"),
        ("VALUES (?, ?), (?, ?),(?,?)", "values (?)+"),
        ("VALUES ($1, $2)", "values (?)"),
        ("x::int = :name AND y <> @other", "x::int = ? and y <> ?"),
        ("a >= 1 AND b != 'c'", "a >= ? and b != ?"),
        ("'never closed", "?"),
        ("", ""),
    ];
    for (sql, expected) in table {
        assert_eq!(fingerprint(sql), expected, "{sql}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_has_a_fingerprint_without_its_literals(text in proptest::prelude::any::<String>(), number in 100_000_u64..) {
        let _ = fingerprint(&text);
        let clean = fingerprint(&format!("select * from t where a = {number} and b = '{number}'"));
        proptest::prop_assert!(!clean.contains(&number.to_string()));
    }
}

type Done<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
type Handler = for<'a> fn(&'a SqlitePool) -> Done<'a>;

macro_rules! handler {
    (|$pool:ident| $body:expr) => {
        (|$pool| {
            Box::pin(async move {
                $body;
            })
        }) as Handler
    };
}

async fn ids(pool: &SqlitePool) -> Vec<i64> {
    let rows = sqlx::query("SELECT id FROM students").fetch_all(pool).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn run(pool: &SqlitePool, sql: &str) {
    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(pool).await.unwrap();
}

/// What handlers do, and whether it is one statement again and again.
#[expect(clippy::too_many_lines, reason = "twenty handlers")]
fn corpus() -> Vec<(&'static str, bool, Handler)> {
    vec![
        (
            "a row for each id",
            true,
            handler!(|pool| for id in ids(pool).await {
                sqlx::query("SELECT * FROM students WHERE id = ?")
                    .bind(id)
                    .fetch_one(pool)
                    .await
                    .unwrap();
            }),
        ),
        (
            "children of each parent",
            true,
            handler!(|pool| for id in ids(pool).await {
                sqlx::query("SELECT * FROM grades WHERE student = ? ORDER BY id")
                    .bind(id)
                    .fetch_all(pool)
                    .await
                    .unwrap();
            }),
        ),
        (
            "with the value in the text",
            true,
            handler!(|pool| for id in ids(pool).await {
                run(pool, &format!("SELECT *\n  FROM grades\n  WHERE student = {id}")).await;
            }),
        ),
        (
            "a number for each",
            true,
            handler!(|pool| for id in ids(pool).await {
                run(pool, &format!("SELECT COUNT(*) FROM grades WHERE student = '{id}'")).await;
            }),
        ),
        (
            "whether there is one",
            true,
            handler!(|pool| for id in ids(pool).await {
                sqlx::query("SELECT EXISTS (SELECT 1 FROM grades WHERE student = ?)")
                    .bind(id)
                    .fetch_one(pool)
                    .await
                    .unwrap();
            }),
        ),
        (
            "a row put in for each",
            true,
            handler!(|pool| for id in ids(pool).await {
                sqlx::query("INSERT INTO grades (student, points) VALUES (?, 1)")
                    .bind(id)
                    .execute(pool)
                    .await
                    .unwrap();
            }),
        ),
        (
            "a row changed for each",
            true,
            handler!(|pool| for id in ids(pool).await {
                sqlx::query("UPDATE grades SET points = 2 WHERE student = ?")
                    .bind(id)
                    .execute(pool)
                    .await
                    .unwrap();
            }),
        ),
        (
            "a row taken out for each",
            true,
            handler!(|pool| for id in ids(pool).await {
                sqlx::query("DELETE FROM grades WHERE student = ?")
                    .bind(id)
                    .execute(pool)
                    .await
                    .unwrap();
            }),
        ),
        (
            "in tasks of their own",
            true,
            handler!(|pool| {
                let mut tasks = JoinSet::new();
                for id in ids(pool).await {
                    let pool = pool.clone();
                    tasks.spawn(
                        async move {
                            sqlx::query("SELECT * FROM students WHERE id = ?")
                                .bind(id)
                                .fetch_one(&pool)
                                .await
                                .unwrap();
                        }
                        .in_current_span(),
                    );
                }
                tasks.join_all().await
            }),
        ),
        (
            "inside of a transaction",
            true,
            handler!(|pool| {
                let all = ids(pool).await;
                let mut transaction = pool.begin().await.unwrap();
                for id in all {
                    sqlx::query("SELECT * FROM students WHERE id = ?")
                        .bind(id)
                        .fetch_one(&mut *transaction)
                        .await
                        .unwrap();
                }
                transaction.commit().await.unwrap();
            }),
        ),
        (
            "a join",
            false,
            handler!(|pool| run(
                pool,
                "SELECT * FROM students JOIN grades ON student = students.id"
            )
            .await),
        ),
        (
            "a list",
            false,
            handler!(
                |pool| run(pool, "SELECT * FROM grades WHERE student IN (1, 2, 3, 4, 5)").await
            ),
        ),
        (
            "lists in pieces",
            false,
            handler!(|pool| for chunk in ids(pool).await.chunks(2) {
                let list: Vec<String> = chunk.iter().map(ToString::to_string).collect();
                run(pool, &format!("SELECT * FROM grades WHERE student IN ({})", list.join(", ")))
                    .await;
            }),
        ),
        (
            "many rows at once",
            false,
            handler!(|pool| for _ in 0..12 {
                run(pool, "INSERT INTO grades (student, points) VALUES (1, 1), (2, 2), (3, 3)")
                    .await;
            }),
        ),
        (
            "a list as JSON",
            false,
            handler!(|pool| for _ in 0..12 {
                run(
                    pool,
                    "SELECT * FROM grades WHERE student IN (SELECT value FROM json_each('[1,2]'))",
                )
                .await;
            }),
        ),
        (
            "a common table",
            false,
            handler!(|pool| run(pool, "WITH a AS (SELECT 1 AS x) SELECT * FROM a, students").await),
        ),
        (
            "groups",
            false,
            handler!(
                |pool| run(pool, "SELECT student, COUNT(*) FROM grades GROUP BY student").await
            ),
        ),
        (
            "twelve different ones",
            false,
            handler!(|pool| for column in 0..12 {
                run(pool, &format!("SELECT id AS c{column} FROM students")).await;
            }),
        ),
        (
            "pages of a list",
            false,
            handler!(|pool| for page in 0..5 {
                run(pool, &format!("SELECT * FROM students ORDER BY id LIMIT 5 OFFSET {page}"))
                    .await;
            }),
        ),
        (
            "transactions",
            false,
            handler!(|pool| for _ in 0..12 {
                pool.begin().await.unwrap().commit().await.unwrap();
            }),
        ),
    ]
}

async fn pool() -> SqlitePool {
    let pool =
        SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    run(&pool, "CREATE TABLE students (id INTEGER PRIMARY KEY, name TEXT)").await;
    run(&pool, "CREATE TABLE grades (id INTEGER PRIMARY KEY, student INTEGER, points INTEGER)")
        .await;
    for id in 1..=20 {
        run(&pool, &format!("INSERT INTO students VALUES ({id}, 'n')")).await;
    }
    pool
}

#[tokio::test]
async fn twenty_handlers_and_no_false_word() {
    let pool = pool().await;
    let corpus = corpus();
    assert_eq!(corpus.len(), 20);
    for (name, loops, handler) in corpus {
        let ((), observed) = counted(handler(&pool)).await.unwrap();
        let found = observed.queries().repeated(QueryWatch::MANY);
        assert_eq!(found.is_some(), loops, "{name}: {:#?}", observed.queries().statements());
        if let Some(found) = found {
            assert_eq!(found.count, 20, "{name}");
            assert!(
                !found.fingerprint.chars().any(|c| c.is_ascii_digit()),
                "{}",
                found.fingerprint
            );
        }
    }
}

#[tokio::test]
async fn an_assertion_counts_its_own_work_and_shows_what_was_too_much() {
    let pool = pool().await;
    let rows = assert_queries!(<= 1, ids(&pool));
    assert_eq!(rows.len(), 20);
    let (left, right) = tokio::join!(async { assert_queries!(== 1, ids(&pool)) }, async {
        assert_queries!(== 2, async { ids(&pool).await; ids(&pool).await })
    },);
    assert_eq!((left.len(), right.len()), (20, 20));
    let task = tokio::spawn(async move { assert_queries!(< 1, ids(&pool)) });
    let message = *task.await.unwrap_err().into_panic().downcast::<String>().unwrap();
    assert!(
        message.contains("1 statements are not < 1") && message.contains("select id from students"),
        "{message}"
    );
}
