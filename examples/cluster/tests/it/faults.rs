//! What is shared is killed, frozen and started again while clients are at work: the rows of the
//! table in docs/OPERATIONS.md.

use std::time::{Duration, Instant};

use palisade_testkit::redis::Reply;
use serde_json::json;

use crate::client::{Client, generous, settings, start, until};
use crate::load::Load;

const SETTINGS: &str = "/api/v1/settings";

/// How long an instance keeps what it has when nobody tells it of changes.
const KNOWN: Duration = Duration::from_secs(2);

/// How long a request waits for a database that hangs.
const ANSWERED: Duration = Duration::from_secs(9);

/// Whether the caches of every instance hear Redis, or of none.
fn hear(cluster: &cluster::Cluster, expected: bool) -> bool {
    let line = format!("palisade_cache_far_heard{{store=\"cache-redis\"}} {}", u8::from(expected));
    cluster.instances().iter().all(|instance| Client::metrics(instance).contains(&line))
}

#[test]
fn without_redis_every_request_is_answered_and_with_it_again_all_is_shared() {
    let cluster = generous();
    until("both hear Redis", || hear(&cluster, true));
    let load = Load::start(&cluster);
    let admin = Client::sign_in(&cluster, "admin");
    let [at_a, at_b] = cluster.instances().each_ref().map(|it| admin.asks(it.address()));
    let redis = cluster.redis();
    for is_killed in [true, false] {
        if is_killed {
            redis.kill();
        } else {
            redis.pause().unwrap();
        }
        until("it is noticed", || hear(&cluster, false));
        load.go_on(20);
        // What one changes the other knows without being told: it keeps nothing for long.
        let name = if is_killed { "Killed" } else { "Paused" };
        let school = json!({"schoolName": name, "contactEmail": null, "currency": "EUR"});
        assert_eq!(at_a.json("PUT", SETTINGS, &school).status, 200);
        let known = Instant::now();
        until("the other knows", || at_b.get(SETTINGS).json()["schoolName"] == name);
        assert!(known.elapsed() < KNOWN * 10, "{:?}", known.elapsed());
        if is_killed {
            redis.restart().unwrap();
        } else {
            redis.resume().unwrap();
        }
        until("both hear Redis again", || hear(&cluster, true));
        load.go_on(20);
    }
    let seen = load.stop();
    seen.only(&[200, 201]);
    seen.is_all_there(&cluster);
    assert!(matches!(redis.command(&["DBSIZE"]).unwrap(), Reply::Integer(1..)));
}

#[test]
fn without_redis_each_instance_counts_for_itself_and_never_opens() {
    let cluster = start(&settings());
    cluster.redis().kill();
    // Five for each of the two instances, instead of five; not as many as one likes.
    let client = Client::at(cluster.address()).from("203.0.113.9");
    let statuses: Vec<u16> =
        (0..16).map(|turn| client.log_in(&format!("n{turn}"), "wrong").status).collect();
    let tried = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(tried, 10, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
    // So are failures of an account: it is locked after five for each, from wherever they come.
    let of_account =
        |turn: u8| client.from(&format!("198.51.100.{turn}")).log_in("teacher", "wrong");
    let statuses: Vec<u16> = (0..16).map(|turn| of_account(turn).status).collect();
    let tried = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(tried, 10, "{statuses:?}");
    cluster.redis().restart().unwrap();
    let fresh = |turn: u8| client.from(&format!("203.0.113.{turn}"));
    let turn = std::cell::Cell::new(10_u8);
    until("they count together again", || {
        turn.set(turn.get() + 1);
        let client = fresh(turn.get());
        let name = |try_: u8| format!("m{}-{try_}", turn.get());
        let answers = (0..6).map(|try_| client.log_in(&name(try_), "wrong").status);
        answers.filter(|status| *status == 401).count() == 5
    });
}

#[test]
fn without_postgres_requests_are_refused_until_it_is_back_and_nothing_promised_is_lost() {
    let cluster = generous();
    let load = Load::start(&cluster);
    let admin = Client::sign_in(&cluster, "admin");
    let postgres = cluster.postgres();
    let ready = |expected: u16| {
        let status = |at| Client::at(at).get("/health/ready").status;
        cluster.instances().iter().all(|instance| status(instance.address()) == expected)
    };
    // Killed, and started.
    postgres.kill();
    until("nobody is ready", || ready(503));
    let account = cluster.accounts().iter().find(|account| account.name == "admin").unwrap();
    let refused = |admin: &Client| {
        let unchecked = Client::at(cluster.address()).log_in("admin", &account.password);
        assert_eq!(unchecked.status, 503, "nobody is let in unchecked: {unchecked:?}");
        let begin = Instant::now();
        assert_eq!(admin.get("/api/v1/students").status, 503);
        assert!(begin.elapsed() < ANSWERED * 5, "{:?}", begin.elapsed());
    };
    refused(&admin);
    postgres.restart().unwrap();
    until("all are ready", || ready(200));
    load.go_on(20);
    // Frozen, and thawed.
    postgres.pause().unwrap();
    until("nobody is ready", || ready(503));
    refused(&admin);
    postgres.resume().unwrap();
    until("all are ready", || ready(200));
    load.go_on(20);
    let seen = load.stop();
    seen.only(&[200, 201, 503]);
    seen.is_all_there(&cluster);
}
