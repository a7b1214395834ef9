//! Who sent a request, and to which name.

use tempfile::tempdir;

use crate::portal::Portal;

fn client_in_log(flags: &[&str]) -> String {
    let portal = Portal::start_with(flags);
    portal.send("GET", "/students", &[("x-forwarded-for", "203.0.113.9")], b"");
    let (_, log, _) = portal.stop();
    let line = log.lines().find(|line| line.contains("/students")).unwrap().to_owned();
    assert!(line.contains("status=200"), "{line}");
    line
}

#[test]
fn the_log_names_the_client_behind_a_trusted_proxy_and_nobody_that_a_client_invents() {
    let line = client_in_log(&["--trusted-proxy", "127.0.0.1/32"]);
    assert!(line.contains("client=\"203.0.113.9\""), "{line}");
    let line = client_in_log(&[]);
    assert!(line.contains("client=\"127.0.0.1\""), "{line}");
}

#[test]
fn a_name_that_was_rebound_to_this_machine_is_misdirected() {
    let portal = Portal::start();
    for host in ["localhost", "127.0.0.1:8080", "LOCALHOST."] {
        assert_eq!(
            portal.anonymous().send("GET", "/login", &[("host", host)], b"").status,
            200,
            "{host}"
        );
    }
    for host in ["evil.test", "localhost.evil.test", "10.0.0.1"] {
        let refused = portal.send("GET", "/api/v1/students", &[("host", host)], b"");
        assert_eq!(refused.status, 421, "{host}");
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        assert!(!refused.text().contains(host));
    }
    let none = portal.raw(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n");
    assert_eq!((none.status, none.header("content-type")), (400, Some("application/problem+json")));
    assert!(none.header("content-security-policy").is_some());
    let (_, log, _) = portal.stop();
    assert!(log.lines().any(|line| line.contains("status=400")), "{log}");
}

#[test]
fn names_come_from_the_flags_or_the_public_url() {
    let portal = Portal::start_signed_out(
        tempdir().unwrap(),
        &["--public-url", "https://exams.example.org"],
    );
    for (host, expected) in
        [("exams.example.org", 200), ("localhost", 200), ("www.example.org", 421)]
    {
        assert_eq!(
            portal.anonymous().send("GET", "/login", &[("host", host)], b"").status,
            expected,
            "{host}"
        );
    }
    let portal = Portal::start_signed_out(
        tempdir().unwrap(),
        &["--allowed-host", "a.example", "--allowed-host", "*.b.example"],
    );
    for (host, expected) in [("a.example", 200), ("x.b.example", 200), ("localhost", 421)] {
        assert_eq!(
            portal.anonymous().send("GET", "/login", &[("host", host)], b"").status,
            expected,
            "{host}"
        );
    }
}
