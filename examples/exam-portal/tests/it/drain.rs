//! The end: signals while requests run.

use std::io::Write;

use serde_json::json;

use crate::portal::{Answer, PATIENCE, Portal};

const BODY: &str =
    r#"{"code":"late","name":"Late","email":"l@b.example","birthDate":"2000-01-01"}"#;

/// A create whose body stops halfway.
fn half_a_create(portal: &Portal) -> std::net::TcpStream {
    let mut stream = portal.connect();
    let cookie = portal.sign_in("teacher").cookie.unwrap();
    let head = format!(
        "POST /api/v1/students HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        BODY.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server says that its handler waits for the body: the request runs.
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut interim).unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100 Continue"), "{interim:?}");
    stream.write_all(&BODY.as_bytes()[..10]).unwrap();
    stream
}

/// Asks until the probe says that the portal drains.
fn wait_for_draining(portal: &Portal) {
    let begin = std::time::Instant::now();
    loop {
        let ready = portal.get("/health/ready");
        if ready.status == 503 {
            assert_eq!(ready.json(), json!({"status": "draining"}));
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "never draining");
    }
}

#[test]
fn a_running_request_ends_well_while_the_probe_says_draining() {
    for signal in ["TERM", "INT"] {
        let portal = Portal::start();
        let mut late = half_a_create(&portal);
        portal.signal(signal);
        wait_for_draining(&portal);
        assert_eq!(portal.get("/health/live").status, 200);
        late.write_all(&BODY.as_bytes()[10..]).unwrap();
        let answer = Answer::read(&mut late);
        assert_eq!((answer.status, answer.header("connection")), (201, Some("close")));
        let (code, _, folder) = portal.wait();
        assert_eq!(code, Some(0));
        let mut left: Vec<_> = std::fs::read_dir(folder.path().join("data"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "audit",
                "audit.index",
                "audit.key",
                "audit.vkey",
                "copies",
                "limits.sqlite3",
                "outbox",
                "portal.sqlite3",
                "secret.key"
            ],
            "the write-ahead log is folded back"
        );
        assert_eq!(Portal::start_in(folder, &[]).get("/api/v1/students/late").status, 200);
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let portal = Portal::start();
    let late = half_a_create(&portal);
    portal.signal("TERM");
    wait_for_draining(&portal);
    portal.signal("TERM");
    assert_eq!(portal.wait().0, Some(1));
    drop(late);
}

#[test]
fn an_idle_connection_does_not_hold_the_end_up() {
    let portal = Portal::start();
    let mut idle = portal.connect();
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let begin = std::time::Instant::now();
    let (code, ..) = portal.stop();
    assert_eq!(code, Some(0));
    assert!(begin.elapsed().as_secs() < 5);
}
