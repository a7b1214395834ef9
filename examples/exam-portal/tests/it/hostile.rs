//! What attackers send.

use std::fmt::Write as _;

use serde_json::json;

use crate::portal::Portal;

const STUDENTS: &str = "/api/v1/students";
const CANARY: &str = "c4n4ry-5f2e";

#[test]
fn strings_that_would_inject_sql_or_html_are_stored_and_returned_verbatim() {
    let portal = Portal::start();
    let names = [
        "Robert'); DROP TABLE students;--",
        "' OR '1'='1",
        "\"; SELECT * FROM sqlite_master; --",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "{{7*7}} ${7*7} %s %n",
    ];
    for (number, name) in names.iter().enumerate() {
        let body = json!({"code": format!("h-{number}"), "name": name, "email": "a@b.example", "birthDate": "2000-01-01"});
        assert_eq!(portal.json("POST", STUDENTS, &body).status, 201);
        assert_eq!(portal.get(&format!("{STUDENTS}/h-{number}")).json()["name"], *name);
    }
    for path in [
        "/",
        "/students?per_page=100",
        "/students?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/students?q=%22%3E%3Cimg",
    ] {
        let page = portal.get(path);
        assert_eq!(page.status, 200);
        let text = page.text();
        assert!(!text.contains("<script") && !text.contains("<img"), "{path}: {text}");
    }
    let quote =
        portal.get(&format!("{STUDENTS}?q='%20OR%20'1'='1&sort=name;DROP%20TABLE%20students"));
    assert_eq!(quote.json()["total"], 1);
    assert_eq!(portal.get(STUDENTS).json()["total"], 36 + names.len());
}

#[test]
fn no_part_of_a_request_makes_a_long_log_line() {
    let portal = Portal::start();
    let (method, path) = ("A".repeat(8_000), "a".repeat(8_000));
    let request =
        format!("{method} /{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    portal.raw(request.as_bytes()).is_problem(404, "not_found");
    let (_, log, _) = portal.stop();
    assert!(log.lines().any(|line| line.contains("AAAA")), "{log}");
    assert!(log.lines().all(|line| line.len() < 600), "{log}");
}

#[test]
fn a_body_that_is_too_long_is_refused_announced_or_not() {
    let portal = Portal::start();
    let json = [("content-type", "application/json")];
    let long = vec![b' '; 65 * 1024];
    portal.send("POST", STUDENTS, &json, &long).is_problem(413, "body_too_large");
    let cookie = portal.sign_in("teacher").cookie.unwrap();
    let mut chunked = format!(
        "POST {STUDENTS} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    for _ in 0..700 {
        let _ = write!(chunked, "400\r\n{}\r\n", " ".repeat(1024));
    }
    portal.raw(chunked.as_bytes()).is_problem(413, "body_too_large");
    let claim = format!(
        "POST {STUDENTS} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\
         content-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{{"
    );
    portal.raw(claim.as_bytes()).is_problem(413, "body_too_large");
}

#[test]
fn what_is_no_json_is_refused_without_repeating_a_byte_of_it() {
    let portal = Portal::start();
    let deep = format!("{{\"code\":{}{CANARY}", "[".repeat(60_000));
    let bodies: [(&[u8], u16, &str); 9] = [
        (b"", 400, "malformed_input"),
        (b"{", 400, "malformed_input"),
        (b"{\"code\": \"c4n4ry-5f2e\0\"}", 400, "malformed_input"),
        (b"{\"code\": \"c4n4ry-5f2e\xff\"}", 400, "malformed_input"),
        (b"{\"code\": \"\\ud800c4n4ry-5f2e\"}", 400, "malformed_input"),
        (b"{} c4n4ry-5f2e", 400, "malformed_input"),
        (b"[\"c4n4ry-5f2e\"]", 422, "invalid_input"),
        (
            b"{\"c4n4ry-5f2e\": 1, \"code\": \"c4n4ry-5f2e!\", \"name\": \"c4n4ry-5f2e\\u0000\"}",
            422,
            "invalid_input",
        ),
        (deep.as_bytes(), 400, "malformed_input"),
    ];
    for (body, status, code) in bodies {
        let refused = portal.send("POST", STUDENTS, &[("content-type", "application/json")], body);
        refused.is_problem(status, code);
        assert!(!refused.text().contains(CANARY), "{}", refused.text());
    }
    for (media, body) in
        [("text/plain", "{}"), ("application/x-www-form-urlencoded", "code=c4n4ry-5f2e")]
    {
        let refused = portal.send("POST", STUDENTS, &[("content-type", media)], body.as_bytes());
        refused.is_problem(415, "unsupported_media_type");
    }
}

#[test]
fn unknown_paths_and_methods_are_problems_that_repeat_nothing() {
    let portal = Portal::start();
    let table = [
        ("/c4n4ry-5f2e", "not_found"),
        ("/api/v1/c4n4ry-5f2e", "not_found"),
        ("/api/v1/students/", "not_found"),
        ("/..%2f..%2fetc/passwd", "not_found"),
        ("/api/v1/students/c4n4ry-5f2e", "unknown_student"),
        ("/api/v1/students/%ff", "unknown_student"),
        ("/api/v1/students/%00", "unknown_student"),
        ("/api/v1/students/..%2f", "unknown_student"),
    ];
    for (path, code) in table {
        let refused = portal.get(path);
        refused.is_problem(404, code);
        assert!(!refused.text().contains(CANARY));
    }
    for (method, path) in
        [("PUT", STUDENTS), ("POST", "/"), ("TRACE", "/students"), ("DELETE", "/health")]
    {
        let refused = portal.send(method, path, &[], b"");
        refused.is_problem(405, "method_not_allowed");
        assert!(refused.header("allow").is_some_and(|allow| allow.contains("GET")), "{refused:?}");
    }
}

#[test]
fn broken_requests_do_not_disturb_the_next_one() {
    let portal = Portal::start();
    for request in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n",
    ] {
        assert_eq!(portal.raw(request).status, 400);
    }
    let huge = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    assert_eq!(portal.raw(huge.as_bytes()).status, 431);
    assert_eq!(portal.get("/health").status, 200);
}
