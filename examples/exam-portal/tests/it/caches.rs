//! Settings, announcements and figures that are kept in memory and shared over Redis.

use std::time::Instant;

use palisade_testkit::postgres::Postgres;
use palisade_testkit::redis::Redis;
use serde_json::{Value, json};

use crate::portal::{Client, PATIENCE, Portal};

const SETTINGS: &str = "/api/v1/settings";
const NEWS: &str = "/api/v1/announcements/news";

fn school(name: &str) -> Value {
    json!({"schoolName": name, "contactEmail": null, "currency": "EUR"})
}

/// Sends a change, which has to be taken.
fn put(client: &Client<'_>, path: &str, body: &Value) {
    let answer = client.json("PUT", path, body);
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn name(client: &Client<'_>) -> String {
    let answer = client.get(SETTINGS);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["schoolName"].as_str().unwrap().to_owned()
}

fn until(what: &str, so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
    }
}

#[test]
fn what_is_read_is_kept_until_it_is_changed() {
    let portal = Portal::start();
    let admin = portal.sign_in("admin");
    let status = |path| admin.get(path).header("cache-status").map(str::to_owned);
    for (path, body) in [(SETTINGS, school("One")), (NEWS, json!({"markdown": "# One"}))] {
        put(&admin, path, &body);
        assert_eq!(status(path).as_deref(), Some("portal; fwd=uri-miss"), "{path}");
        assert_eq!(status(path).as_deref(), Some("portal; hit"), "{path}");
    }
    put(&admin, SETTINGS, &school("Two"));
    assert_eq!(name(&admin), "Two");
    let tag = admin.get(NEWS).header("etag").unwrap().to_owned();
    let known = admin.send("GET", NEWS, &[("if-none-match", &tag)], b"");
    assert_eq!((known.status, known.body.len()), (304, 0));
    put(&admin, NEWS, &json!({"markdown": "# Two"}));
    assert_eq!(admin.send("GET", NEWS, &[("if-none-match", &tag)], b"").status, 200);
    assert!(admin.get("/announcements/news").text().contains("<h1>Two</h1>"));
    // That there is none is known until there is one.
    let none = "/api/v1/announcements/later";
    assert_eq!((admin.get(none).status, admin.get(none).status), (404, 404));
    put(&admin, none, &json!({"markdown": "now"}));
    assert_eq!(admin.get(none).status, 200);

    let shows = |students: &str| admin.get("/").text().contains(students);
    assert!(shows(">36<"));
    let ada = json!({"code": "A-1", "name": "Ada Byron", "email": "a@b.example", "birthDate": "2008-12-10"});
    assert_eq!(portal.json("POST", "/api/v1/students", &ada).status, 201);
    assert!(shows(">37<"), "{}", admin.get("/").text());

    let page = admin.get("/admin/security");
    let page = page.text();
    let good = "<td data-label=\"Good still\">3</td>";
    for part in ["<th scope=\"row\">settings</th>", "In the memory of this process alone.", good] {
        assert!(page.contains(part), "{page}");
    }
    let metrics = portal.get("/metrics");
    let renewed = "answers_total{cache=\"portal-answers\",outcome=\"renewed\"} 3";
    let asked = "requests_total{cache=\"portal-answers\",outcome=\"miss\"}";
    for metric in [
        "palisade_cache_reads_total{cache=\"settings\",outcome=\"hit\"}",
        &format!("palisade_cache_http_{renewed}"),
        &format!("palisade_cache_http_{asked}"),
    ] {
        assert!(metrics.text().contains(metric), "{metric} {}", metrics.text());
    }
}

#[test]
fn where_others_change_the_database_and_cannot_say_so_nothing_is_kept() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let one = Portal::start_with(&["--postgres", &url]);
    let mut other = Portal::start_with(&["--postgres", &url]);
    other.share_session_of(&one);
    let admin = one.sign_in("admin");
    for school_name in ["One", "Two"] {
        put(&admin, SETTINGS, &school(school_name));
        let answer = other.get(SETTINGS);
        assert_eq!(answer.json()["schoolName"], school_name);
        assert_eq!(answer.header("cache-status"), None);
    }
    let (_, log, _) = one.stop();
    assert!(log.contains("nothing is cached"), "{log}");
}

#[test]
fn instances_see_each_others_changes_at_once_and_live_without_redis() {
    let (database, redis) = (Postgres::start().unwrap(), Redis::start().unwrap());
    let url = database.url(&database.create_database().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "0f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d")
        .unwrap();
    let redis_url = redis.url();
    let flags =
        ["--postgres", &url, "--redis", &redis_url, "--secret-key-file", key.to_str().unwrap()];
    let one = Portal::start_with(&flags);
    let other = Portal::start_with(&flags);
    let admin = one.sign_in("admin");
    let far = Client { portal: &other, cookie: admin.cookie.clone() };
    let is_heard = |portal: &Portal| {
        portal.get("/metrics").text().contains("palisade_cache_far_heard{store=\"cache-redis\"} 1")
    };
    let both_hear = || is_heard(&one) && is_heard(&other);
    until("both hear Redis", both_hear);
    let kept = |client: &Client<'_>| {
        let status = client.get(SETTINGS).header("cache-status").unwrap().to_owned();
        assert!(status.contains("hit") || status.contains("fwd"), "{status}");
        status == "portal; hit"
    };
    for (students, round) in (36..).zip(["One", "Two", "Three"]) {
        put(&admin, SETTINGS, &school(round));
        // Announced while the answer was on its way.
        until("the other knows", || name(&far) == round);
        until("the other keeps it", || kept(&far));
        // So it is with what is made of an announcement, and with the figures of the school.
        put(&admin, NEWS, &json!({"markdown": format!("# {round}")}));
        let heading = format!("<h1>{round}</h1>");
        let shows = |client: &Client<'_>, path| client.get(path).text().contains(&heading);
        until("the other shows it", || shows(&far, "/announcements/news"));
        until("the other's API shows it", || {
            far.get(NEWS).json()["html"].as_str().is_some_and(|html| html.contains(&heading))
        });
        let count = |client: &Client<'_>, count: usize| {
            client.get("/").text().contains(&format!(">{count}<"))
        };
        assert!(count(&far, students), "no page of one is of another time");
        let code = format!("R-{students}");
        let new =
            json!({"code": code, "name": "Ada", "email": "a@b.example", "birthDate": "2008-12-10"});
        assert_eq!(admin.json("POST", "/api/v1/students", &new).status, 201);
        until("the other counts it", || count(&far, students + 1));
        if round == "Two" {
            redis.kill();
            redis.restart().unwrap();
            until("both hear Redis again", both_hear);
        }
    }
    // One has it from the other.
    put(&admin, NEWS, &json!({"markdown": "# News"}));
    until("it comes from Redis", || {
        one.get(NEWS);
        far.get(NEWS).header("cache-status").is_some_and(|status| status.contains("detail=far"))
            || {
                put(&admin, NEWS, &json!({"markdown": "# News"}));
                false
            }
    });

    // Under load, Redis goes: nobody notices but the administrator.
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|reader| {
                let client = if reader % 2 == 0 { &admin } else { &far };
                scope.spawn(move || (0..60).map(|_| name(client)).collect::<Vec<_>>())
            })
            .collect();
        redis.kill();
        for reader in readers {
            assert!(reader.join().unwrap().iter().all(|name| name == "Three"));
        }
    });
    until("it is noticed", || !is_heard(&one));
    let page = admin.get("/admin/security");
    assert!(page.text().contains("Redis is not heard"), "{}", page.text());
    // The database is what counts.
    put(&admin, SETTINGS, &school("Four"));
    assert_eq!(name(&admin), "Four");
    until("the other reads it, at the latest when its own is too old", || name(&far) == "Four");
    redis.restart().unwrap();
    until("both hear Redis at last", both_hear);
    assert_eq!((name(&admin), name(&far)), ("Four".to_owned(), "Four".to_owned()));
    assert!(admin.get("/admin/security").text().contains("Redis is heard"));
}
