//! What the operator is given: figures, dashboards and alerts that fit each other.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::portal::Portal;

/// Comes into being with the first series too many.
const LATER: &str = "palisade_observe_overflow_total";

fn ops() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ops")
}

fn promtool(arguments: &[&str], input: &str) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(ops())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("promtool: {error}; `cargo xtask setup` installs it"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
}

/// Every expression of every dashboard.
fn expressions() -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(ops().join("grafana")).unwrap() {
        let path = entry.unwrap().path();
        let dashboard: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{}: ids are not unique", path.display());
        for target in panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap()) {
            found.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    found
}

/// Names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let ours = ["http_server_", "palisade_", "process_"];
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| ours.iter().any(|ours| word.starts_with(ours))).map(str::to_owned).collect()
}

#[test]
fn every_metric_that_a_dashboard_or_an_alert_names_is_there() {
    let portal = Portal::start();
    let body = json!({"username": "teacher", "password": "wrong"});
    assert_eq!(portal.anonymous().json("POST", "/api/v1/auth/login", &body).status, 401);
    let elsewhere = [("sec-fetch-site", "cross-site")];
    assert_eq!(portal.send("POST", "/students", &elsewhere, b"").status, 403);
    assert_eq!(portal.send("POST", "/api/v1/csp-reports", &[], b"{}").status, 204);
    let answer = portal.anonymous().get("/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = answer.text();
    promtool(&["check", "metrics"], &text);
    let there: BTreeSet<String> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split([' ', '{']).next())
        .map(str::to_owned)
        .collect();
    let alerts = std::fs::read_to_string(ops().join("alerts.yml")).unwrap();
    let named = names(&(expressions().join("\n") + &alerts));
    assert!(named.len() > 10, "{named:?}");
    let missing: Vec<&String> =
        named.iter().filter(|name| *name != LATER && !there.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not in\n{text}");
    assert!(text.contains("http_route=\"/api/v1/auth/login\""), "{text}");
    assert!(text.contains("security_events_total{event=\"malicious_cors\"} 1"), "{text}");
}

#[test]
fn expressions_are_read_by_prometheus_and_alerts_do_what_their_tests_say() {
    promtool(&["check", "rules", "alerts.yml"], "");
    promtool(&["test", "rules", "alerts.test.yml"], "");
    let rules: Vec<Value> = expressions()
        .iter()
        .enumerate()
        .map(|(number, expr)| json!({"record": format!("panel_{number}"), "expr": expr}))
        .collect();
    let groups = json!({"groups": [{"name": "panels", "rules": rules}]});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.yml");
    std::fs::write(&file, groups.to_string()).unwrap(); // JSON is YAML
    promtool(&["check", "rules", file.to_str().unwrap()], "");
}

#[test]
fn figures_are_for_this_machine_alone() {
    let portal = Portal::start_with(&["--trusted-proxy", "127.0.0.1/32"]);
    let stranger = [("x-forwarded-for", "203.0.113.9")];
    portal.anonymous().send("GET", "/metrics", &stranger, b"").is_problem(404, "not_found");
    assert_eq!(portal.anonymous().get("/metrics").status, 200);
}

/// A scanner makes neither series nor lines that cannot be counted.
#[test]
fn strange_paths_make_no_series_and_are_reported() {
    let portal = Portal::start();
    let series = |portal: &Portal| portal.anonymous().get("/metrics").text().lines().count();
    portal.anonymous().get("/wp-login.php?0");
    // The first scrape is measured too.
    series(&portal);
    let before = series(&portal);
    for number in 0..20 {
        portal.anonymous().get(&format!("/wp-admin/{number}"));
    }
    let text = portal.anonymous().get("/metrics").text();
    assert!(text.contains("{event=\"malicious_attack_tool\"} 1"), "{text}");
    // The event's own series, and its help.
    assert!(series(&portal) <= before + 4, "{before} became {}", series(&portal));
    let (_, log, _) = portal.stop();
    assert_eq!(log.matches("suspicious client").count(), 1, "{log}");
    assert!(log.contains("client=\"127.0.0.1\""));
}
