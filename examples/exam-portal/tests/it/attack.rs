//! What attackers try on accounts and sessions.

use std::io::{Read, Write};
use std::time::Instant;

use palisade_passwords::leak_guard::Secrets;
use serde_json::json;

use crate::portal::{Answer, PATIENCE, Portal};

const LOGIN: &str = "/api/v1/auth/login";

fn login(portal: &Portal, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password});
    portal.anonymous().json("POST", LOGIN, &body)
}

fn login_from(portal: &Portal, address: &str, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password}).to_string();
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    portal.anonymous().send("POST", LOGIN, &headers, body.as_bytes())
}

/// Head and body without what names the moment.
fn shape(answer: &Answer) -> (String, Vec<u8>) {
    let head = answer.head().lines().filter(|line| !crate::portal::is_of_the_moment(line));
    (head.collect::<Vec<_>>().join("\n"), answer.body.clone())
}

#[test]
fn a_wrong_password_and_an_unknown_name_get_identical_bytes() {
    let portal = Portal::start();
    assert_eq!(
        crate::portal::finished(
            crate::portal::command()
                .args(["user", "disable", "admin", "--data"])
                .arg(portal.data())
        )
        .0,
        Some(0)
    );
    let right = portal.password("admin");
    let long = "x".repeat(4000);
    let expected = shape(&login(&portal, "teacher", "wrong"));
    assert!(expected.0.starts_with("HTTP/1.1 401"), "{}", expected.0);
    assert!(!expected.0.contains("set-cookie"));
    for (name, password) in [
        ("nobody", "wrong"),
        ("", ""),
        ("nobody", ""),
        ("teacher", ""),
        ("teacher\0", "wrong"),
        ("\u{202e}teacher", "wrong"),
        ("' OR '1'='1", "' OR '1'='1"),
        ("admin", right.as_str()),
        ("admin", "wrong"),
        (long.as_str(), "wrong"),
        ("teacher", long.as_str()),
        ("nobody", long.as_str()),
    ] {
        assert_eq!(shape(&login(&portal, name, password)), expected, "{name:?}");
    }
    let form = |name: &str| {
        shape(&portal.anonymous().form("/login", &[("username", name), ("password", "wrong")]))
    };
    let expected = form("student");
    for name in ["nobody", "admin", &long] {
        assert_eq!(form(name), expected, "{name}");
    }
}

/// Processor time that the process has used, in ticks of the system.
fn work(portal: &Portal) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", portal.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn an_unknown_name_costs_the_work_of_a_wrong_password() {
    let flags = ["--trusted-proxy", "127.0.0.1/32"];
    let portal = Portal::start_signed_out(tempfile::tempdir().unwrap(), &flags);
    let right = portal.password("teacher");
    let cost = |name: &dyn Fn(usize) -> String| {
        let mut spent = 0;
        for round in 0..8 {
            // Every fifth failure would lock a name, every twentieth an address.
            let address = format!("198.51.100.{round}");
            let before = work(&portal);
            for _ in 0..4 {
                assert_eq!(login_from(&portal, &address, &name(round), "wrong").status, 401);
            }
            spent += work(&portal) - before;
            assert_eq!(login_from(&portal, &address, "teacher", &right).status, 200);
        }
        spent
    };
    let known = cost(&|_| "teacher".to_owned());
    let unknown = cost(&|round| format!("nobody-{round}"));
    let impossible = cost(&|round| format!("no body {round}"));
    for other in [unknown, impossible] {
        assert!(other * 2 > known && known * 2 > other, "{known} {unknown} {impossible} ticks");
    }
}

#[test]
fn a_flood_of_sign_ins_is_refused_in_part_and_the_probe_lives() {
    const FLOOD: usize = 1000;
    let flags = ["--trusted-proxy", "127.0.0.1/32"];
    let portal = Portal::start_signed_out(tempfile::tempdir().unwrap(), &flags);
    // Each of them is somebody else, whom no lockout knows.
    let request = |number: usize| {
        let body = json!({"username": format!("nobody-{number}"), "password": "wrong"}).to_string();
        format!(
            "POST {LOGIN} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             x-forwarded-for: 10.0.{}.{}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            number / 250,
            number % 250,
            body.len()
        )
    };
    let mut streams = Vec::new();
    for number in 0..FLOOD {
        let mut stream = portal.connect();
        // A machine that does much else takes its time.
        stream.set_read_timeout(Some(PATIENCE * 10)).unwrap();
        stream.write_all(request(number).as_bytes()).unwrap();
        streams.push(stream);
        if streams.len() % 100 == 0 {
            let asked = Instant::now();
            assert_eq!(portal.get("/health/live").status, 200);
            assert!(asked.elapsed() < PATIENCE, "{:?}", asked.elapsed());
        }
    }
    let mut refused = 0;
    for mut stream in streams {
        let answer = Answer::read(&mut stream);
        match answer.status {
            401 => {}
            503 => {
                refused += 1;
                assert!(answer.header("retry-after").is_some(), "{answer:?}");
            }
            other => panic!("{other}: {answer:?}"),
        }
    }
    assert!(refused > 0, "nothing was refused");
    // One hash for each thread, and the rest of the program.
    let threads = u64::try_from(std::thread::available_parallelism().unwrap().get()).unwrap();
    let most = (threads * 20 + 128) * 1024;
    assert!(portal.peak_kib() < most, "{} of {most} KiB", portal.peak_kib());
    // Where counts were slow to reach the disk, sign-in is closed for a moment more.
    let (begin, password) = (Instant::now(), portal.password("teacher"));
    while let Err(answer) = portal.sign_in_with("teacher", &password) {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(begin.elapsed() < PATIENCE, "{answer:?}");
    }
}

#[test]
fn an_id_that_was_planted_is_worth_nothing_after_the_sign_in() {
    let portal = Portal::start();
    let planted = portal.sign_in("student");
    let body = json!({"username": "admin", "password": portal.password("admin")});
    // The victim signs in in a browser that already shows the attacker's session.
    let welcome = planted.json("POST", LOGIN, &body);
    assert_eq!(welcome.status, 200);
    assert_ne!(welcome.cookie(), planted.cookie);
    planted.get("/api/v1/me").is_problem(401, "authentication_required");

    // An id of the attacker's own making is not taken over.
    let mut made_up = portal.anonymous();
    made_up.cookie = Some(format!("sid={}", "A".repeat(43)));
    let welcome = made_up.json("POST", LOGIN, &body);
    assert_ne!(welcome.cookie(), made_up.cookie);
    made_up.get("/api/v1/me").is_problem(401, "authentication_required");
}

#[test]
fn two_cookies_of_one_name_are_none() {
    let portal = Portal::start();
    let mut teacher = portal.sign_in("teacher");
    let cookie = teacher.cookie.clone().unwrap();
    teacher.cookie = Some(format!("{cookie}; {cookie}"));
    teacher.get("/api/v1/me").is_problem(401, "authentication_required");
    teacher.cookie = Some(format!("a=b; {cookie}; c=d"));
    assert_eq!(teacher.get("/api/v1/me").status, 200);
}

#[test]
fn cookies_are_hard_in_clear_text_and_harder_under_https() {
    let portal = Portal::start();
    let set = |portal: &Portal, headers: &[(&str, &str)]| {
        let body = json!({"username": "teacher", "password": portal.password("teacher")});
        let headers = [headers, &[("content-type", "application/json")]].concat();
        let answer = portal.anonymous().send("POST", LOGIN, &headers, body.to_string().as_bytes());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.header("set-cookie").unwrap_or_default().to_owned()
    };
    let cookie = set(&portal, &[]);
    assert!(cookie.starts_with("sid=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"));

    let flags = ["--public-url", "https://exams.example.org", "--trusted-proxy", "127.0.0.1/32"];
    let portal = Portal::start_signed_out(tempfile::tempdir().unwrap(), &flags);
    let through_proxy = [
        ("host", "exams.example.org"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "https"),
    ];
    let cookie = set(&portal, &through_proxy);
    assert!(cookie.starts_with("__Host-Http-sid="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    // Without TLS the cookie would be stolen on the way: none is sent.
    assert_eq!(set(&portal, &[("host", "exams.example.org")]), "");
}

#[test]
fn the_database_holds_neither_passwords_nor_what_cookies_are_made_of() {
    let portal = Portal::start();
    let teacher = portal.sign_in("teacher");
    let cookie = teacher.cookie.unwrap();
    let (_, id) = cookie.split_once('=').unwrap();
    let mut secrets = Secrets::new().add("session id", id.as_bytes()).unwrap();
    for (_, password) in portal.passwords() {
        secrets = secrets.add("password", password.as_str().unwrap().as_bytes()).unwrap();
    }
    let secrets = secrets.finish();
    assert!(secrets.check(format!("a {id} b").as_bytes()).is_err(), "it would be found");
    let (_, log, folder) = portal.stop();
    let mut places = crate::portal::content(&folder.path().join("data"));
    places.push(("log".into(), log.into_bytes()));
    for (path, bytes) in places {
        // Plain, or as base64, hexadecimal, JSON, HTML or a part of a URL.
        assert_eq!(secrets.check(&bytes), Ok(()), "{path:?}");
    }
}

#[test]
fn no_answer_and_no_log_line_repeats_what_was_typed() {
    const CANARY: &str = "c4n4ry-swordfish-4711";
    let secrets = Secrets::new().add("what was typed", CANARY.as_bytes()).unwrap().finish();
    let portal = Portal::start();
    let teacher = portal.sign_in("teacher");
    let nobody = portal.anonymous();
    let answers = [
        login(&portal, CANARY, CANARY),
        login(&portal, "teacher", CANARY),
        nobody.form("/login", &[("username", CANARY), ("password", CANARY)]),
        nobody.json("POST", LOGIN, &json!({"username": CANARY})),
        nobody.json("POST", LOGIN, &json!({"username": [CANARY], "password": CANARY})),
        nobody.send("POST", LOGIN, &[("content-type", "application/json")], CANARY.as_bytes()),
        nobody.send("POST", LOGIN, &[("content-type", "text/plain")], CANARY.as_bytes()),
        teacher.json(
            "POST",
            "/api/v1/auth/password",
            &json!({"current_password": CANARY, "new_password": CANARY}),
        ),
        teacher
            .form("/account/password", &[("current_password", CANARY), ("new_password", CANARY)]),
    ];
    for answer in answers {
        assert!(answer.status >= 400, "{answer:?}");
        let all = format!("{}{}", answer.head(), answer.text());
        assert!(secrets.check(all.as_bytes()).is_ok() && !all.contains("swordfish"), "{all}");
    }
    let (_, log, _) = portal.stop();
    assert!(log.contains("authn_login_fail"), "{log}");
    assert!(!log.contains("swordfish"), "{log}");
}

#[test]
fn another_site_cannot_send_a_form_and_our_own_pages_can() {
    let portal = Portal::start();
    let teacher = portal.sign_in("teacher");
    let own = format!("http://{}", portal.address);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let attacks: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:1")],
    ];
    let paths = [
        "/students/S-0002/remove",
        "/students",
        "/account/password",
        "/logout",
        "/login",
        "/api/v1/auth/logout",
        "/api/v1/students",
    ];
    for path in paths {
        for attack in attacks {
            let headers = [attack, &[form]].concat();
            let refused = teacher.send("POST", path, &headers, b"code=x");
            refused.is_problem(403, "cross_site_request");
        }
    }
    assert_eq!(teacher.get("/api/v1/me").status, 200, "still signed in");
    assert_eq!(teacher.get("/api/v1/students/S-0002").status, 200, "still there");
    for own in [[("sec-fetch-site", "same-origin"), form], [("origin", own.as_str()), form]] {
        let logout = teacher.send("POST", "/logout", &own, b"");
        assert_eq!(logout.status, 303);
    }
}

#[test]
fn a_hanging_body_of_a_sign_in_holds_nobody_up() {
    let portal = Portal::start();
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = portal.connect();
        let head = format!(
            "POST {LOGIN} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: 60\r\n\r\n{{\"user"
        );
        stream.write_all(head.as_bytes()).unwrap();
        slow.push(stream);
    }
    assert!(portal.sign_in_with("teacher", &portal.password("teacher")).is_ok());
    let mut huge = portal.connect();
    let head = format!(
        "POST {LOGIN} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 99999999\r\nconnection: close\r\n\r\n"
    );
    huge.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = huge.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));
}
