//! The probes.

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
