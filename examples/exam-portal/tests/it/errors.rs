//! Sentry is told of what goes wrong, and of nothing that is secret.

use palisade_testkit::errors::{ErrorSink, SinkFault};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use crate::portal::{PATIENCE, Portal, command};

const CANARY: &str = "zQ7canaryX9";

/// Takes a table away under the portal that runs.
fn drop_table(portal: &Portal, table: &str) {
    let file = format!("sqlite://{}", portal.data().join("portal.sqlite3").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut file = SqliteConnection::connect(&file).await.unwrap();
        let statement = format!("DROP TABLE {table}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    });
}

#[tokio::test]
async fn a_broken_database_is_told_once_and_logged_each_time() {
    let sentry = ErrorSink::start().unwrap();
    let logs = tempfile::tempdir().unwrap();
    let (dsn, folder) = (sentry.dsn(), logs.path().to_str().unwrap());
    let flags = ["--sentry-dsn", &dsn, "--sentry-environment", "staging", "--log-dir", folder];
    let (portal, answer) = tokio::task::spawn_blocking({
        let flags = flags.map(str::to_owned);
        move || {
            let portal = Portal::start_with(&flags.each_ref().map(String::as_str));
            drop_table(&portal, "payments");
            let path = format!("/api/v1/payments?token={CANARY}");
            let body =
                serde_json::json!({"studentCode": "S-0001", "amount": "1.00", "currency": "EUR"});
            let headers = [("content-type", "application/json"), ("x-api-key", CANARY)];
            let ask = || portal.send("POST", &path, &headers, body.to_string().as_bytes());
            (0..4).for_each(|_| assert_eq!(ask().status, 500));
            let answer = ask();
            (portal, answer)
        }
    })
    .await
    .unwrap();
    answer.is_problem(500, "internal");
    let envelopes = sentry.wait_for(1, PATIENCE).await.unwrap();
    let event = envelopes[0].events().next().unwrap();
    assert!(event["release"].as_str().unwrap().starts_with("exam-portal@"), "{event}");
    assert_eq!(
        (&event["environment"], &event["transaction"]),
        (&"staging".into(), &"/api/v1/payments".into())
    );
    assert_eq!(event["tags"]["status"], "500");
    let frames = event["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap();
    assert!(frames.len() > 5, "{event}");
    // Reports go one after the other: when that of another error has come, the first is counted.
    let portal = tokio::task::spawn_blocking(move || {
        drop_table(&portal, "announcements");
        portal.get("/api/v1/announcements/news").is_problem(500, "internal");
        portal
    });
    let portal = portal.await.unwrap();
    sentry.wait_for(2, PATIENCE).await.unwrap();
    let text = tokio::task::spawn_blocking(move || {
        let text = portal.anonymous().get("/metrics").text();
        assert_eq!(portal.stop().0, Some(0));
        text
    });
    let text = text.await.unwrap();
    let figure = |outcome: &str| -> u64 {
        let name = format!("palisade_observe_error_reports_total{{outcome=\"{outcome}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&name)).unwrap().parse().unwrap()
    };
    assert_eq!((figure("repeated"), figure("failed")), (4, 0));
    assert!((1..=2).contains(&figure("sent")), "{text}");
    assert_eq!(sentry.envelopes().len(), 2);
    let told = String::from_utf8_lossy(&envelopes[0].bytes).into_owned();
    let errors = std::fs::read_to_string(logs.path().join("errors.log")).unwrap();
    let app = std::fs::read_to_string(logs.path().join("app.log")).unwrap();
    for text in [&told, &errors, &app] {
        assert!(!text.contains(CANARY), "{text}");
    }
    let lines: Vec<Value> =
        errors.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(answered.len(), 6);
    let id = event["tags"]["request_id"].as_str().unwrap();
    assert_eq!(answered[0]["context"]["request_id"], id);
}

#[test]
fn a_sentry_that_hangs_holds_neither_answers_nor_the_end() {
    let sentry = ErrorSink::start().unwrap();
    sentry.set(SinkFault::Hang);
    let portal = Portal::start_with(&["--sentry-dsn", &sentry.dsn()]);
    drop_table(&portal, "payments");
    let body = serde_json::json!({"studentCode": "S-0001", "amount": "1.00", "currency": "EUR"});
    for _ in 0..20 {
        portal.json("POST", "/api/v1/payments", &body).is_problem(500, "internal");
    }
    assert_eq!(portal.stop().0, Some(0));
}

#[test]
fn a_dsn_is_not_repeated_where_it_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let dsn = format!("https://{CANARY}@errors.example.com");
    let output = crate::portal::run(command().current_dir(folder.path()).args([
        "--sentry-dsn",
        &dsn,
        "--sentry-environment",
        "a b",
    ]));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("--sentry-dsn: the value is not a DSN; write https://KEY@"),
        "{errors}"
    );
    assert!(errors.contains("--sentry-environment: \"a b\" is not a name"), "{errors}");
    assert!(!errors.contains(CANARY), "{errors}");
}
