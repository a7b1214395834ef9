//! The command, as it is run.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use palisade_audit::{Actor, Event, Outcome, Proof, backup};
use palisade_core::ManualClock;

use crate::{archive, builder, json, key, lines, open};

fn run(folder: &Path, args: &[&str]) -> Output {
    let (name, rest) = args.split_first().unwrap();
    Command::new(env!("CARGO_BIN_EXE_palisade-audit"))
        .arg(name)
        .arg(folder)
        .args(rest)
        .output()
        .unwrap()
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let of = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), of(&output.stdout), of(&output.stderr))
}

#[tokio::test]
async fn each_task_says_what_it_found_and_ends_with_its_code() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = data.path().join("vkey");
    fs::write(&keys, format!("{}\n", key().verifier())).unwrap();
    let keys = keys.to_str().unwrap();
    let log = open(folder.path());
    for number in 0..5 {
        let event = Event::new("order.pay").actor(Actor::user("=cmd()")).target("order", "9");
        log.record(event.detail("number", &number)).await.unwrap();
    }
    log.checkpoint().await.unwrap();
    let on = |args: &[&str]| text(&run(folder.path(), args));

    let (code, out, _) = on(&["verify", "--key", keys]);
    assert!(code == Some(0) && out.starts_with("good: events 0 to 6"), "{out}");
    let (_, out, _) = on(&["verify", "--key", keys, "--json"]);
    assert_eq!(json(&out)["size"], 6);
    let (code, out, _) = on(&["query", "--action", "order.*", "--limit", "2"]);
    assert_eq!((code, out.lines().count()), (Some(0), 2));
    assert_eq!(on(&["query", "--actor", "nobody"]).0, Some(1));
    assert_eq!(on(&["query", "--since", "yesterday"]).0, Some(2));
    let (_, out, _) = on(&["export", "--format", "csv"]);
    assert!(out.lines().last().unwrap().contains("\"'=cmd()\""), "no formula: {out}");
    let (_, out, _) = on(&["tail", "-n", "1"]);
    assert_eq!(json(&out)["seq"], 5);
    let (code, out, _) = on(&["prove", "3", "--key", keys]);
    assert!(code == Some(0) && out.starts_with("c2sp.org/tlog-proof@v1\nindex 3\n"), "{out}");
    assert_eq!(on(&["prove", "300", "--key", keys]).0, Some(1));

    let copy = data.path().join("copy");
    let (code, out, err) = on(&["backup", copy.to_str().unwrap(), "--key", keys]);
    assert!(code == Some(0) && out.starts_with("good"), "{out} {err}");
    let scratch = data.path().join("scratch");
    let (code, ..) = text(&run(&copy, &["restore", scratch.to_str().unwrap(), "--key", keys]));
    assert_eq!(code, Some(0));
    assert_eq!(on(&["prune", "--key", keys, "--days", "1"]).0, Some(2), "it is open");
    let (code, out, _) = text(&run(&copy, &["prune", "--key", keys, "--days", "1"]));
    assert_eq!((code, out.trim()), (Some(0), "the log begins with event 0"));

    let path = copy.join("00000000000000000000.jsonl");
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("order.pay", "order.PAY", 1))
        .unwrap();
    let (code, _, err) = text(&run(&copy, &["verify", "--key", keys]));
    assert!(code == Some(1) && err.contains("event 1 was changed"), "{err}");
    assert_eq!(text(&run(&copy, &["verify", "--key", "/nowhere"])).0, Some(2));
}

#[tokio::test]
async fn copies_and_cuts_are_recorded_in_the_log_or_it_is_said_that_they_are_not() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = |name: &str, text: &str| {
        let path = data.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let keys = file("vkey", &key().verifier().to_string());
    let (secret, other) = (file("key", &"07".repeat(32)), file("other", &"08".repeat(32)));
    let log = open(folder.path());
    log.record(Event::new("a")).await.unwrap();
    log.checkpoint().await.unwrap();
    let on = |args: &[&str]| text(&run(folder.path(), args));
    let copy = |name: &str| data.path().join(name).to_str().unwrap().to_owned();
    let (code, _, err) = on(&["backup", &copy("1"), "--key", &keys, "--record-with", &secret]);
    assert!(code == Some(0) && err.contains("another process has this log open"), "{err}");
    log.close().await.unwrap();
    let (code, _, err) = on(&["backup", &copy("2"), "--key", &keys]);
    assert!(code == Some(0) && err.contains("--record-with"), "{err}");
    let (code, _, err) = on(&["backup", &copy("3"), "--key", &keys, "--record-with", &other]);
    assert!(code == Some(0) && err.contains("that of another log"), "{err}");
    let (code, _, err) = on(&["backup", &copy("4"), "--key", &keys, "--record-with", &secret]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let prune = ["prune", "--key", &keys, "--days", "1", "--record-with", &secret];
    assert_eq!(on(&prune).2, "");
    let actions: Vec<_> = lines(folder.path()).iter().map(|line| json(line)).collect();
    let found = |action: &str| actions.iter().filter(|event| event["action"] == action).count();
    assert_eq!((found("audit.backup"), found("audit.prune")), (1, 1), "{actions:?}");
    let copied = actions.iter().find(|event| event["action"] == "audit.backup").unwrap();
    assert_eq!(copied["details"][0]["value"], 3);
    assert_eq!(on(&["verify", "--key", &keys]).0, Some(0));
}

#[tokio::test]
async fn every_option_of_a_search_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new();
    let log = builder(folder.path()).clock(Arc::new(clock.clone())).open().unwrap();
    for (actor, target, outcome) in [
        ("ann", "1", Outcome::Success),
        ("ann", "2", Outcome::Denied),
        ("bob", "2", Outcome::Success),
    ] {
        clock.advance(Duration::from_hours(1));
        let event = Event::new("order.pay").actor(Actor::user(actor)).target("order", target);
        log.record(event.outcome(outcome)).await.unwrap();
    }
    let table: [(&[&str], &[u64]); 7] = [
        (&[], &[0, 1, 2, 3]),
        (&["--actor", "user:ann"], &[1, 2]),
        (&["--action", "order.*"], &[1, 2, 3]),
        (&["--target", "2"], &[2, 3]),
        (&["--outcome", "denied"], &[2]),
        (&["--since", "1970-01-01T02:00:00Z"], &[2, 3]),
        (&["--until", "1970-01-01T02:00:00Z"], &[0, 1]),
    ];
    for task in ["query", "export"] {
        for (options, expected) in table {
            let (code, out, _) = text(&run(folder.path(), &[&[task], options].concat()));
            let found: Vec<_> = out.lines().map(|l| json(l)["seq"].as_u64().unwrap()).collect();
            assert_eq!((code, found.as_slice()), (Some(0), expected), "{task} {options:?}");
        }
        let (code, _, err) = text(&run(folder.path(), &[task, "--outcome", "fine"]));
        assert!(code == Some(2) && err.contains("--outcome"), "{err}");
    }
}

#[tokio::test]
async fn a_checkpoint_that_was_kept_and_what_is_to_be_kept_are_heard() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = archive::log(folder.path()).await;
    let file = |name: &str, text: &str| {
        let path = data.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let keys = file("vkey", &key().verifier().to_string());
    let copy = |name: &str| {
        let path = data.path().join(name);
        let _ = backup(folder.path(), &path, key().verifier()).unwrap();
        path
    };
    let copies = ["days", "mebibytes", "old"].map(copy);
    log.record(Event::new("since")).await.unwrap();
    let newer = file("newer", log.checkpoint().await.unwrap().note());

    let [days, mebibytes, old] = &copies;
    let on = |folder: &Path, args: &[&str]| text(&run(folder, &[args, &["--key", &keys]].concat()));
    let scratch = data.path().join("scratch");
    let scratch = scratch.to_str().unwrap();
    for task in [&["verify"] as &[&str], &["restore", scratch]] {
        let (code, _, err) = on(old, &[task, &["--pinned", &newer]].concat());
        assert!(code == Some(1) && err.contains("event 101"), "{task:?}: {err}");
    }
    assert_eq!(on(folder.path(), &["verify", "--pinned", &newer]).0, Some(0));
    let restored = on(old, &["restore", scratch, "--json"]);
    assert_eq!((restored.0, &json(&restored.1)["size"]), (Some(0), &101.into()));

    let first = |out: &str| json(out)["first"].as_u64().unwrap();
    assert_eq!(first(&on(mebibytes, &["prune", "--mebibytes", "1", "--json"]).1), 0);
    assert!(first(&on(mebibytes, &["prune", "--mebibytes", "0", "--json"]).1) > 90);
    assert!(first(&on(days, &["prune", "--days", "1", "--json"]).1) > 90);
    let (_, proof, _) = on(old, &["prove", "7", "--json"]);
    let (_, plain, _) = on(old, &["prove", "7"]);
    let event = json(&proof)["event"].as_str().unwrap().to_owned();
    Proof::parse(&plain, &event).unwrap().verify(key().verifier()).unwrap();
}

#[tokio::test]
async fn tail_follows_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let mut tail = Command::new(env!("CARGO_BIN_EXE_palisade-audit"))
        .arg("tail")
        .arg(folder.path())
        .arg("-f")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    assert_eq!(json(&lines.next().unwrap().unwrap())["action"], "audit.opened");
    log.record(Event::new("since")).await.unwrap();
    assert_eq!(json(&lines.next().unwrap().unwrap())["action"], "since");
    tail.kill().unwrap();
    tail.wait().unwrap();
}
