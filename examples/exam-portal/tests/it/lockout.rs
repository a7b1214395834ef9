//! Failed sign-ins: who is locked, until when, and who unlocks.

use std::io::Write;

use palisade_testkit::postgres::Postgres;
use palisade_testkit::redis::Redis;
use serde_json::json;
use sqlx::Connection;

use crate::portal::{Answer, PATIENCE, Portal, command, finished};

const LOGIN: &str = "/api/v1/auth/login";

fn login(portal: &Portal, name: &str, password: &str) -> Answer {
    portal.anonymous().json("POST", LOGIN, &json!({"username": name, "password": password}))
}

fn lock(portal: &Portal, name: &str) {
    for _ in 0..5 {
        assert_eq!(login(portal, name, "wrong").status, 401, "{name}");
    }
}

/// Head and body without what names the moment.
fn shape(answer: &Answer) -> (String, Vec<u8>) {
    let head = answer.head().lines().filter(|line| !crate::portal::is_of_the_moment(line));
    (head.collect::<Vec<_>>().join("\n"), answer.body.clone())
}

#[test]
fn known_and_unknown_names_are_locked_alike_and_the_right_password_too() {
    let portal = Portal::start();
    let right = portal.password("teacher");
    let answers = ["teacher", "nobody"].map(|name| {
        lock(&portal, name);
        let fields = [("username", name), ("password", right.as_str())];
        [login(&portal, name, &right), portal.anonymous().form("/login", &fields)]
    });
    for [call, page] in &answers {
        call.is_problem(429, "sign_in_locked");
        for answer in [call, page] {
            let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((25..=30).contains(&wait), "{answer:?}");
        }
        assert_eq!(page.status, 429);
        assert!(page.text().contains("Too many tries. Try again in "), "{page:?}");
    }
    let [[known, _], [unknown, _]] = &answers;
    assert_eq!(known.body, unknown.body);
    assert_eq!(shape(known).0.lines().count(), shape(unknown).0.lines().count());
    assert_eq!(login(&portal, "student", &portal.password("student")).status, 200);
}

#[test]
fn an_operator_unlocks_by_command_and_with_a_new_password() {
    let portal = Portal::start();
    let data = portal.data();
    let user = |args: &[&str]| {
        let mut command = command();
        finished(command.arg("user").args(args).arg("--data").arg(&data))
    };
    lock(&portal, "teacher");
    assert_eq!(login(&portal, "teacher", &portal.password("teacher")).status, 429);
    assert_eq!(user(&["unlock", "Teacher"]).0, Some(0));
    assert_eq!(login(&portal, "teacher", &portal.password("teacher")).status, 200);
    let (code, _, errors) = user(&["unlock", "nobody"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("there is no such account"), "{errors}");

    lock(&portal, "student");
    let (_, out, _) = user(&["reset", "student"]);
    let (_, temporary) = crate::portal::account(&out).unwrap();
    assert_eq!(login(&portal, "student", &temporary).status, 200);
}

#[test]
fn locks_outlive_a_restart_and_a_kill() {
    let portal = Portal::start();
    let right = portal.password("teacher");
    lock(&portal, "teacher");
    let portal = Portal::start_signed_out(portal.kill(), &[]);
    login(&portal, "teacher", &right).is_problem(429, "sign_in_locked");
    let (code, _, folder) = portal.stop();
    assert_eq!(code, Some(0));
    let portal = Portal::start_signed_out(folder, &[]);
    login(&portal, "teacher", &right).is_problem(429, "sign_in_locked");
}

/// What became of tries that came at once.
#[derive(Debug, Default)]
struct Storm {
    looked_at: usize,
    /// Turned away unseen, since the store could not count them, or show the account, in time.
    unseen: usize,
}

/// Sends a thousand wrong passwords at once.
fn storm(portal: &Portal) -> Storm {
    const STORM: usize = 1000;
    let body = json!({"username": "student", "password": "wrong"}).to_string();
    let request = format!(
        "POST {LOGIN} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut streams = Vec::new();
    for _ in 0..STORM {
        let mut stream = portal.connect();
        // A machine that does much else takes its time.
        stream.set_read_timeout(Some(PATIENCE * 10)).unwrap();
        // All but the last byte, so that none is ahead of the others.
        let (head, _) = request.as_bytes().split_at(request.len() - 1);
        stream.write_all(head).unwrap();
        streams.push(stream);
    }
    for stream in &mut streams {
        stream.write_all(b"}").unwrap();
    }
    let mut storm = Storm::default();
    for mut stream in streams {
        let answer = Answer::read(&mut stream);
        match answer.status {
            401 => storm.looked_at += 1,
            429 => {}
            // Nobody is let in unchecked.
            _ => {
                assert_eq!(answer.status, 503, "{answer:?}");
                assert!(answer.header("retry-after").is_some(), "{answer:?}");
                storm.unseen += 1;
            }
        }
    }
    storm
}

#[test]
fn of_a_thousand_wrong_passwords_at_once_five_are_looked_at() {
    let storm = storm(&Portal::start());
    // They wait in one line for the file, which the last may not reach in the five seconds that they
    // have on a machine that does much else. One that was counted too late to be told is one fewer.
    assert!(storm.looked_at <= 5 && storm.looked_at + storm.unseen >= 5, "{storm:?}");
}

#[test]
fn of_a_thousand_wrong_passwords_at_once_five_are_looked_at_in_redis() {
    let server = Redis::start().unwrap();
    five_at_the_most(&storm(&Portal::start_with(&["--redis", &server.url()])));
}

#[test]
fn of_a_thousand_wrong_passwords_at_once_five_are_looked_at_in_postgres() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    five_at_the_most(&storm(&Portal::start_with(&["--postgres", &url])));
}

/// What a server has counted counts twice if it was too slow to say so.
fn five_at_the_most(storm: &Storm) {
    assert!(storm.looked_at <= 5 && storm.looked_at + storm.unseen >= 1, "{storm:?}");
}

#[test]
fn nobody_reads_names_or_addresses_out_of_what_is_kept() {
    let portal = Portal::start_with(&["--trusted-proxy", "127.0.0.1/32"]);
    let headers = [("content-type", "application/json"), ("x-forwarded-for", "203.0.113.99")];
    let body = json!({"username": "canary-4711", "password": "wrong"}).to_string();
    for _ in 0..5 {
        portal.anonymous().send("POST", LOGIN, &headers, body.as_bytes());
    }
    let (_, _, folder) = portal.stop();
    let file = std::fs::read(folder.path().join("data/limits.sqlite3")).unwrap();
    let holds = |bytes: &[u8]| file.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(b"palisade_lockout") && file.len() > 4096, "something is kept");
    assert!(!holds(b"canary") && !holds(b"203.0.113.99"));
}

#[test]
fn a_file_of_locks_that_cannot_be_used_lets_nobody_sign_in() {
    let portal = Portal::start();
    let right = portal.password("student");
    assert_eq!(login(&portal, "student", &right).status, 200);
    let file = format!("sqlite://{}", portal.data().join("limits.sqlite3").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut file = sqlx::SqliteConnection::connect(&file).await.unwrap();
        sqlx::raw_sql("DROP TABLE palisade_lockout").execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    });
    login(&portal, "student", &right).is_problem(503, "sign_in_unavailable");
    assert_eq!(portal.get("/api/v1/me").status, 200, "who is signed in goes on");
}
