//! What two instances share, seen through nginx.

use serde_json::json;

use crate::client::{Client, generous, settings, start, until};

const SETTINGS: &str = "/api/v1/settings";

/// Sends failures from addresses; gives the answers.
fn guess(client: &Client, name: &str, from: &[&str]) -> Vec<u16> {
    from.iter().map(|from| client.from(from).log_in(name, "wrong").status).collect()
}

#[test]
fn limits_and_lockouts_are_counted_together() {
    let cluster = start(&settings());
    let client = Client::at(cluster.address());
    // A client has five sign-ins a minute, whichever instance answers.
    let names = ["n0", "n1", "n2", "n3", "n4", "n5", "n6"];
    let statuses: Vec<u16> =
        names.iter().map(|name| client.from("203.0.113.9").log_in(name, "wrong").status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);

    // Failures of many addresses lock an account everywhere, also for who knows its password.
    let from = ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5"];
    assert_eq!(guess(&client, "teacher", &from), [401; 5]);
    let account = cluster.accounts().iter().find(|account| account.name == "teacher").unwrap();
    for instance in cluster.instances() {
        let locked = client.asks(instance.address()).from("203.0.113.77");
        let locked = locked.log_in("teacher", &account.password);
        assert_eq!((locked.status, locked.code()), (429, "sign_in_locked".to_owned()));
    }
    // Both took their turns.
    for instance in cluster.instances() {
        let metrics = Client::metrics(instance);
        assert!(metrics.contains("http_route=\"/api/v1/auth/login\""), "{metrics}");
    }
}

#[test]
fn sessions_changes_copies_and_the_trail_are_seen_by_both() {
    let cluster = generous();
    let [a, b] = cluster.instances();
    let admin = Client::sign_in(&cluster, "admin");
    let (at_a, at_b) = (admin.asks(a.address()), admin.asks(b.address()));

    // Who is signed in is so everywhere.
    for client in [&admin, &at_a, &at_b] {
        assert_eq!(client.get("/api/v1/me").json()["username"], "admin");
    }

    // What one changes the other knows, and keeps.
    let keeps = |client: &Client, name: &str| {
        let kept = client.get(SETTINGS);
        kept.json()["schoolName"] == name && kept.header("cache-status") == Some("portal; hit")
    };
    let before = admin.get(SETTINGS).json()["schoolName"].as_str().unwrap().to_owned();
    for (one, other, old, name) in [(&at_a, &at_b, &*before, "One"), (&at_b, &at_a, "One", "Two")] {
        until("the other keeps what was", || keeps(other, old));
        let school = json!({"schoolName": name, "contactEmail": null, "currency": "EUR"});
        assert_eq!(one.json("PUT", SETTINGS, &school).status, 200);
        until("the other knows", || other.get(SETTINGS).json()["schoolName"] == name);
        until("the other keeps it", || keeps(other, name));
    }

    // A copy that one takes the other gives.
    let exam = at_a.json("POST", "/api/v1/exams", &json!({"title": "Algebra"}));
    let exam = exam.json()["id"].clone();
    let pdf = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\nxref\n0 1\n0000000000 65535 f \n\
                trailer\n<</Root 1 0 R>>\nstartxref\n42\n%%EOF\n";
    let part = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n";
    let form = [&part[..], pdf, b"\r\n--b--\r\n"].concat();
    let path = format!("/api/v1/exams/{exam}/copies");
    let kept = at_a.send("POST", &path, "multipart/form-data; boundary=b", &form).unwrap();
    assert_eq!(kept.status, 201, "{kept:?}");
    let got = at_b.get(&format!("{path}/{}", kept.json()["id"]));
    assert_eq!((got.status, &got.body[..]), (200, &pdf[..]));

    // The trail of both is one list; who asked is named, not the proxy.
    for (client, code) in [(&at_a, "A-1"), (&at_b, "B-1")] {
        let student = json!({"code": code, "name": "Ada Byron", "email": "a@b.example", "birthDate": "2008-12-10"});
        assert_eq!(client.json("POST", "/api/v1/students", &student).status, 201);
    }
    let event = |code: &str| {
        let path = format!("/api/v1/admin/audit?action=student.create&target={code}");
        admin.get(&path).json()["items"][0].clone()
    };
    until("both are in the list", || event("A-1").is_object() && event("B-1").is_object());
    assert_ne!(event("A-1")["log"], event("B-1")["log"], "each instance has its own");
    assert_eq!(event("A-1")["ip"], "192.0.2.1");

    // Who signs out at one is out at the other.
    assert_eq!(at_a.json("POST", "/api/v1/auth/logout", &json!({})).status, 204);
    for client in [&admin, &at_a, &at_b] {
        assert_eq!(client.get("/api/v1/me").status, 401);
    }
}

#[test]
fn what_instances_sign_with_and_share_is_for_their_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let cluster = generous();
    let [a, b] = cluster.instances().each_ref().map(|instance| {
        let line = std::fs::read(format!("/proc/{}/cmdline", instance.pid().unwrap())).unwrap();
        String::from_utf8(line).unwrap()
    });
    let of = |line: &str, flag: &str| {
        let mut words = line.split('\0').skip_while(|word| *word != flag);
        words.nth(1).map(str::to_owned).unwrap()
    };
    for (flag, mode) in [("--secret-key-file", 0o600), ("--copies", 0o700), ("--mail", 0o700)] {
        let path = of(&a, flag);
        assert_eq!(path, of(&b, flag), "both have the same");
        let found = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{flag} {found:o}");
    }
    assert_ne!(of(&a, "--data"), of(&b, "--data"));
    let key = std::fs::read_to_string(of(&a, "--secret-key-file")).unwrap();
    assert!(key.len() == 64 && !a.contains(&key), "no command line says it");
}

#[test]
fn a_client_cannot_say_what_only_the_proxy_may() {
    let cluster = generous();
    let client = Client::at(cluster.address());
    // Further lines of the head.
    let lie = "text/plain\r\nx-forwarded-host: evil.example\r\nx-forwarded-port: 666\r\n\
               forwarded: for=192.0.2.66;host=evil.example";
    let answer = |client: &Client| client.send("GET", "/login", lie, b"").unwrap().status;
    assert_eq!(answer(&client), 200);
    // Without the proxy between them the portal believes who speaks from its address.
    let [a, _] = cluster.instances();
    assert_ne!(answer(&client.asks(a.address())), 200);
}
