//! Rate limits: the tables beside the program, alone and shared by two portals.

use std::path::PathBuf;

use palisade_testkit::postgres::Postgres;
use palisade_testkit::redis::{Redis, RedisConfig, Reply};
use serde_json::json;
use tempfile::{TempDir, tempdir};

use crate::portal::{Answer, PATIENCE, Portal, command, run};

const LOGIN: &str = "/api/v1/auth/login";
const RESET: &str = "/api/v1/auth/reset-request";
const STRICT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/limits.strict.toml");
/// Requests of tests come from one address; this makes them those of others.
const PROXIED: [&str; 2] = ["--trusted-proxy", "127.0.0.1/32"];

/// Sends a call from an address.
fn post(portal: &Portal, from: &str, path: &str, body: &serde_json::Value) -> Answer {
    let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
    portal.anonymous().send("POST", path, &headers, body.to_string().as_bytes())
}

/// Signs somebody in who is not there; names that differ lock nobody.
fn guess(portal: &Portal, from: &str, name: &str) -> Answer {
    post(portal, from, LOGIN, &json!({"username": name, "password": "wrong"}))
}

fn ask(portal: &Portal, from: &str, email: &str) -> Answer {
    post(portal, from, RESET, &json!({"email": email}))
}

fn wait(answer: &Answer) -> u64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

/// Starts with the table that is part of the program.
fn start(flags: &[&str]) -> Portal {
    Portal::start_exactly(tempdir().unwrap(), &[&PROXIED, flags].concat())
}

/// A file of rules.
struct Table {
    _folder: TempDir,
    path: PathBuf,
}

impl Table {
    fn new(text: &str) -> Self {
        let folder = tempdir().unwrap();
        let path = folder.path().join("limits.toml");
        std::fs::write(&path, text).unwrap();
        Self { _folder: folder, path }
    }

    fn flags(&self) -> [&str; 4] {
        ["--limits", self.path.to_str().unwrap(), PROXIED[0], PROXIED[1]]
    }
}

#[test]
fn the_sixth_sign_in_of_an_address_waits_and_others_do_not() {
    let portal = start(&[]);
    for turn in 0..5 {
        assert_eq!(guess(&portal, "203.0.113.9", &format!("n{turn}")).status, 401);
    }
    let refused = guess(&portal, "203.0.113.9", "n6");
    refused.is_problem(429, "rate_limit_exceeded");
    assert!((1..=60).contains(&wait(&refused)), "{refused:?}");
    assert_eq!(refused.json()["violated-policies"], json!(["login"]));
    assert!(refused.header("ratelimit").unwrap().starts_with("\"login\";r=0;t="), "{refused:?}");
    // The form of the page is the same door.
    let from = [("x-forwarded-for", "203.0.113.9")];
    let fields = [("username", "n7"), ("password", "wrong")];
    let page = portal.anonymous().form_with(&from, "/login", &fields);
    assert_eq!((page.status, page.header("content-type")), (429, Some("text/html; charset=utf-8")));
    assert!(wait(&page) >= 1 && page.text().contains("Not so fast"), "{page:?}");
    assert_eq!(guess(&portal, "203.0.113.10", "n8").status, 401);
    // One who has a whole IPv6 network is one.
    let network = |turn: usize| guess(&portal, &format!("2001:db8::{turn:x}"), &format!("v{turn}"));
    let statuses: Vec<u16> = (0..7).map(|turn| network(turn).status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
    // The fourth and the fifth of both left one or none.
    let figures = portal.anonymous().get("/metrics").text();
    let near = "palisade_ratelimit_near_limit_total{rule=\"login\"} 4\n";
    let refused = "palisade_ratelimit_decisions_total{rule=\"login\",outcome=\"refused\"} 4\n";
    assert!(figures.contains(near) && figures.contains(refused), "{figures}");
}

#[test]
fn without_the_rule_a_list_of_names_is_tried_from_one_address() {
    let off = Table::new("[[rule]]\nname = \"all\"\nquota = \"0 per hour\"\nmode = \"shadow\"\n");
    let portal = Portal::start_signed_out(tempdir().unwrap(), &off.flags());
    let tried = |portal: &Portal| {
        let statuses = (0..15).map(|turn| guess(portal, "203.0.113.9", &format!("n{turn}")).status);
        statuses.filter(|status| *status == 401).count()
    };
    assert_eq!(tried(&portal), 15, "the attack works without the protection");
    assert_eq!(tried(&start(&[])), 5);
}

#[test]
fn an_inbox_gets_three_mails_an_hour_whoever_asks() {
    let victim = "teacher@school.example";
    let mails = |portal: &Portal| {
        let asked = |turn: usize| {
            // However the address is written.
            let email = if turn.is_multiple_of(2) { victim } else { " Teacher@School.example" };
            ask(portal, &format!("198.51.100.{turn}"), email).status
        };
        (0..9).map(asked).filter(|status| *status == 202).count()
    };
    let off = Table::new("[[rule]]\nname = \"all\"\nquota = \"0 per hour\"\nmode = \"shadow\"\n");
    let open = Portal::start_signed_out(tempdir().unwrap(), &off.flags());
    assert_eq!(mails(&open), 9, "the attack works without the protection");

    let portal = start(&[]);
    assert_eq!(mails(&portal), 3);
    // An address without an account is counted alike.
    for turn in 0..4 {
        let status = ask(&portal, &format!("192.0.2.{turn}"), "nobody@school.example").status;
        assert_eq!(status, if turn < 3 { 202 } else { 429 });
    }
    // A refused request takes nothing from its client.
    let client = "198.51.100.8";
    for turn in 0..4 {
        let status = ask(&portal, client, &format!("n{turn}@school.example")).status;
        assert_eq!(status, if turn < 3 { 202 } else { 429 });
    }
    // What names no address is refused by the form as ever, and counts for its client.
    post(&portal, "192.0.2.99", RESET, &json!({})).is_problem(422, "invalid_input");
    post(&portal, "192.0.2.99", RESET, &json!([])).is_problem(400, "malformed_input");
    let long = json!({"email": "x".repeat(20_000)});
    post(&portal, "192.0.2.99", RESET, &long).is_problem(413, "body_too_large");
}

#[test]
fn probes_files_and_reports_are_never_refused() {
    let none = Table::new("[[rule]]\nname = \"none\"\nquota = \"0 per hour\"\nby = \"everyone\"\n");
    let portal = Portal::start_signed_out(tempdir().unwrap(), &none.flags());
    let nobody = portal.anonymous();
    for path in ["/health", "/health/live", "/health/ready", "/assets/portal.css", "/favicon.ico"] {
        assert_eq!(nobody.get(path).status, 200, "{path}");
    }
    assert_eq!(nobody.send("POST", "/api/v1/csp-reports", &[], b"").status, 204);
    for path in ["/", "/login", "/no/such/page", "/reset", "/admin/security"] {
        let page = nobody.get(path);
        assert_eq!(page.status, 429, "{path}");
        assert!(page.text().contains("<h1>Not so fast</h1>"), "{path}");
    }
    nobody.get("/api/v1/me").is_problem(429, "rate_limit_exceeded");
    nobody.get("/api/no/such/call").is_problem(429, "rate_limit_exceeded");
}

#[test]
fn the_strict_table_gives_a_user_a_hundred_calls_an_hour() {
    let portal = Portal::start_signed_out(tempdir().unwrap(), &["--limits", STRICT]);
    let teacher = portal.sign_in("teacher");
    let student = portal.sign_in("student");
    for turn in 0..100 {
        assert_eq!(teacher.get("/api/v1/me").status, 200, "{turn}");
    }
    let refused = teacher.get("/api/v1/me");
    refused.is_problem(429, "rate_limit_exceeded");
    assert_eq!(refused.json()["violated-policies"], json!(["api"]));
    let body =
        json!({"code": "A-1", "name": "A", "email": "a@b.example", "birthDate": "2000-01-01"});
    teacher.json("POST", "/api/v1/students", &body).is_problem(429, "rate_limit_exceeded");
    assert_eq!(student.get("/api/v1/me").status, 200, "another user of the same address");
}

#[test]
fn counts_outlive_a_restart_and_a_kill_after_the_last_save() {
    let portal = start(&[]);
    for turn in 0..5 {
        assert_eq!(guess(&portal, "203.0.113.9", &format!("n{turn}")).status, 401);
    }
    let (code, _, folder) = portal.stop();
    assert_eq!(code, Some(0));
    let portal = Portal::start_exactly(folder, &PROXIED);
    guess(&portal, "203.0.113.9", "n6").is_problem(429, "rate_limit_exceeded");
    let portal = Portal::start_exactly(portal.kill(), &PROXIED);
    guess(&portal, "203.0.113.9", "n7").is_problem(429, "rate_limit_exceeded");
}

/// The key that both portals have.
fn key(folder: &TempDir) -> String {
    let path = folder.path().join("secret.key");
    let secret = "0f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d";
    std::fs::write(&path, secret).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What is counted at one portal is counted at the other.
fn share(flags: &[&str]) {
    let folder = tempdir().unwrap();
    let key = key(&folder);
    let flags = [flags, &["--secret-key-file", &key]].concat();
    let (one, other) = (start(&flags), start(&flags));
    let at = |turn: usize| if turn.is_multiple_of(2) { &one } else { &other };
    let statuses: Vec<u16> =
        (0..7).map(|turn| guess(at(turn), "203.0.113.9", &format!("n{turn}")).status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
    let statuses: Vec<u16> = (0..5)
        .map(|turn| ask(at(turn), &format!("198.51.100.{turn}"), "nobody@b.example").status)
        .collect();
    assert_eq!(statuses, [202, 202, 202, 429, 429]);
    for turn in 0..5 {
        assert_eq!(guess(at(turn), &format!("192.0.2.{turn}"), "ada").status, 401);
    }
    for portal in [&one, &other] {
        let locked = guess(portal, "192.0.2.77", "Ada");
        locked.is_problem(429, "sign_in_locked");
        assert!((25..=30).contains(&wait(&locked)), "{locked:?}");
    }
}

#[test]
fn two_portals_share_limits_and_locks_over_redis() {
    let server = Redis::start().unwrap();
    share(&["--redis", &server.url()]);
}

#[test]
fn two_portals_share_limits_and_locks_over_postgres() {
    let server = Postgres::start().unwrap();
    share(&["--postgres", &server.url(&server.create_database().unwrap())]);
}

#[test]
fn without_redis_each_portal_counts_for_itself_from_what_it_has_seen() {
    let server = Redis::start().unwrap();
    let portal = start(&["--redis", &server.url()]);
    for turn in 0..3 {
        assert_eq!(guess(&portal, "203.0.113.9", "ada").status, 401, "{turn}");
    }
    server.kill();
    let statuses: Vec<u16> = (0..4).map(|_| guess(&portal, "203.0.113.9", "ada").status).collect();
    assert_eq!(statuses, [401, 401, 429, 429]);
    let elsewhere = guess(&portal, "203.0.113.10", "ada");
    elsewhere.is_problem(429, "sign_in_locked");
    assert_eq!(portal.get("/health/ready").status, 200);
    server.restart().unwrap();
    let begin = std::time::Instant::now();
    while guess(&portal, &format!("192.0.2.{}", begin.elapsed().as_millis() % 250), "bob").status
        == 429
    {
        assert!(begin.elapsed() < PATIENCE, "it does not come back");
    }
    assert!(portal.stop().1.contains("ratelimit_store_down"));
}

#[test]
fn a_redis_that_is_away_is_no_reason_not_to_start() {
    let portal = start(&["--redis", "redis://127.0.0.1:1"]);
    for turn in 0..5 {
        assert_eq!(guess(&portal, "203.0.113.9", &format!("n{turn}")).status, 401);
    }
    guess(&portal, "203.0.113.9", "n6").is_problem(429, "rate_limit_exceeded");
}

#[test]
fn redis_is_reached_in_secret_and_by_servers_that_are_known_alone() {
    let folder = tempdir().unwrap();
    crate::postgres::certify(folder.path());
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = RedisConfig::new()
        .add_option("tls-port", &port.to_string())
        .add_option("tls-cert-file", &file("server.crt"))
        .add_option("tls-key-file", &file("server.key"))
        .add_option("tls-ca-cert-file", &file("ca.crt"))
        .add_option("tls-auth-clients", "no");
    let server = server.start().unwrap();
    let kept = |authority: &str| {
        let mut command = command();
        command.env("SSL_CERT_FILE", file(authority));
        let url = format!("rediss://127.0.0.1:{port}");
        let flags = ["--redis", &url, PROXIED[0], PROXIED[1]];
        let portal = Portal::start_by(command, tempdir().unwrap(), &flags);
        assert_eq!(guess(&portal, "203.0.113.9", "ada").status, 401);
        let keys = server.command(&["DBSIZE"]).unwrap();
        server.command(&["FLUSHALL"]).unwrap();
        keys
    };
    assert_eq!(kept("other.crt"), Reply::Integer(0), "a stranger is told nothing");
    assert!(matches!(kept("ca.crt"), Reply::Integer(1..)));
}

#[test]
fn every_mistake_of_a_table_stops_the_start_before_anything_is_made() {
    let wrong = Table::new(
        "[[rule]]\nname = \"a\"\nquota = \"5 per mniute\"\nby = \"client-ip\"\n\
         [[rule]]\nname = \"b\"\nlimit = 5\n",
    );
    let folder = tempdir().unwrap();
    let mut start = command();
    start.current_dir(folder.path()).args(["--limits", wrong.path.to_str().unwrap()]);
    start.args(["--redis", "redis://:s3cret@host/x", "--listen", "nowhere"]);
    let output = run(&mut start);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    for part in ["rule[0].quota", "rule[1].limit", "rule[1]: has no `quota`", "--redis", "--listen"]
    {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    assert!(!errors.contains("s3cret"), "{errors}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    let mut start = command();
    let output = run(start.current_dir(folder.path()).args(["--limits", "missing.toml"]));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("--limits: \"missing.toml\": No such file"), "{errors}");
}
