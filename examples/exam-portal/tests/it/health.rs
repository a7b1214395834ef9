//! The probes.

use palisade_testkit::redis::Redis;
use serde_json::json;

use crate::portal::Portal;

#[test]
fn probes_answer_as_json_whatever_the_host_is() {
    let portal = Portal::start();
    let table = [("/health", "ready"), ("/health/live", "live"), ("/health/ready", "ready")];
    for (path, expected) in table {
        for host in ["localhost", "10.1.2.3:8080", "evil.test", "", "a b"] {
            let answer = portal.send("GET", path, &[("host", host)], b"");
            assert_eq!(answer.status, 200, "{path} {host:?} {answer:?}");
            assert_eq!(answer.json(), json!({"status": expected}));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
}

#[test]
fn what_readiness_asks_for_besides_is_the_operators_choice() {
    let redis = Redis::start().unwrap();
    let flags = ["--redis", &redis.url(), "--ready-check", "redis", "--ready-check", "disk"];
    let (asking, other) = (Portal::start_with(&flags), Portal::start_with(&flags[..2]));
    assert_eq!(Portal::start_with(&flags).get("/health/ready").status, 200);
    redis.kill();
    // An answer holds for a while; this is the first.
    assert_eq!(asking.get("/health/ready").status, 503);
    assert_eq!(other.get("/health/ready").status, 200);
    assert_eq!(asking.anonymous().get("/health/live").status, 200);
    assert_eq!(asking.get("/api/v1/me").status, 200, "it is not ready, and still answers");
}
