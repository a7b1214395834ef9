//! What lines look like, and that nobody forges one.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_observe::is_hostile;
use palisade_observe::log::{Captured, Format, LogLayer};
use serde_json::{Value, json};
use tracing_subscriber::prelude::*;

/// Returns the lines that a piece of code logs.
pub(crate) fn logged(format: Format, work: impl FnOnce()) -> String {
    let clock = Arc::new(ManualClock::starting_at(Duration::from_micros(1_798_761_599_000_123)));
    let lines = Captured::new();
    let layer = LogLayer::new(clock).to(format, lines.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    lines.text()
}

fn only(work: impl FnOnce()) -> Value {
    let text = logged(Format::Json, work);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.ends_with("}\n") && !text.trim_end().chars().any(is_hostile), "{text:?}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_line_says_when_where_what_and_in_which_context() {
    let line = only(|| {
        let request =
            tracing::info_span!("request", request_id = "r1", user = tracing::field::Empty);
        let _in = request.enter();
        request.record("user", 7);
        let query = tracing::info_span!("query", table = "students", request_id = "inner");
        let _in = query.enter();
        tracing::warn!(target: "shop", rows = 3_u64, ok = true, took = ?Duration::from_secs(1), "slow");
    });
    assert_eq!(
        line,
        json!({
            "ts": "2026-12-31T23:59:59.000123Z", "level": "WARN", "target": "shop", "message": "slow",
            "span": "query",
            "context": {"table": "students", "request_id": "inner", "user": 7},
            "fields": {"rows": 3, "ok": true, "took": "1s"},
        })
    );
}

#[test]
fn numbers_that_json_cannot_hold_are_texts() {
    let line = only(|| {
        tracing::info!(
            nan = f64::NAN,
            inf = f64::NEG_INFINITY,
            half = 0.5,
            big = u128::MAX,
            low = i64::MIN
        );
    });
    assert_eq!(line["fields"]["nan"], "NaN");
    assert_eq!(line["fields"]["inf"], "-inf");
    assert_eq!(line["fields"]["half"], 0.5);
    assert_eq!(line["fields"]["big"], u128::MAX.to_string());
    assert_eq!(line["fields"]["low"], i64::MIN);
}

#[test]
fn fields_cannot_pose_as_the_line() {
    let text = logged(Format::Json, || {
        let span = tracing::info_span!("request", level = "span", ts = "1970", context = "{}");
        let _in = span.enter();
        tracing::error!(level = "forged", ts = "1970", target = "forged", fields = "x", "real");
    });
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["level"], &line["message"]), (&json!("ERROR"), &json!("real")));
    assert!(line["ts"].as_str().unwrap().starts_with("2026-12-31T"));
    assert_eq!(line["fields"]["level"], "forged");
    assert_eq!(line["context"]["ts"], "1970");
    assert_eq!(text.matches("\"forged\"").count(), 2);
}

#[test]
fn of_a_field_that_comes_twice_the_last_value_is_written_once() {
    let text = logged(Format::Json, || tracing::info!(user = "first", user = "last"));
    assert_eq!(text.matches("\"user\"").count(), 1, "{text}");
    assert!(text.contains("\"user\":\"last\""), "{text}");
}

/// What strangers put into logs to end a line, to turn a terminal or to look like another line.
const ATTACKS: &[&str] = &[
    "x\n{\"ts\":\"1970\",\"level\":\"INFO\",\"message\":\"forged\"}",
    "x\r\nx",
    "\u{85}x",
    "\u{2028}x",
    "\u{2029}x",
    "\u{202e}x",
    "\u{2066}x",
    "\u{1b}[2Jx",
    "\u{9b}2Jx",
    "\0x",
    "\u{feff}x",
    "\u{200b}x",
    "\u{e0041}x",
    "\",\"level\":\"ERROR",
    "\\",
];

#[test]
fn strangers_cannot_end_a_line_in_either_form() {
    for attack in ATTACKS {
        for format in [Format::Json, Format::Pretty] {
            let text = logged(format, || {
                let span = tracing::info_span!("request", path = *attack);
                let _in = span.enter();
                tracing::info!(shown = %attack, debugged = ?attack, plain = *attack, "{attack}");
            });
            assert_eq!(text.lines().count(), 1, "{attack:?}: {text:?}");
            assert!(!text.trim_end_matches('\n').chars().any(is_hostile), "{attack:?}: {text:?}");
        }
    }
}

#[test]
fn two_other_readers_of_json_agree_with_us() {
    let text = logged(Format::Json, || {
        for attack in ATTACKS {
            tracing::info!(value = *attack, level = "forged", value = "again", "{attack}");
        }
    });
    let read = |command: &mut Command| {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let jq = read(Command::new("jq").args(["-r", ".level + \" \" + .fields.level"]));
    let python = "import json, sys\n\
        def once(pairs):\n    assert len({k for k, _ in pairs}) == len(pairs), pairs\n    return dict(pairs)\n\
        for line in sys.stdin:\n    d = json.loads(line, object_pairs_hook=once)\n    print(d['level'], d['fields']['level'])";
    let python = read(Command::new("python3").args(["-c", python]));
    assert_eq!(jq, "INFO forged\n".repeat(ATTACKS.len()));
    assert_eq!(python, jq);
}

#[test]
fn values_are_bounded() {
    let long = "\u{e9}".repeat(100_000);
    let text = logged(Format::Json, || {
        tracing::info!(a = %long, b = ?long, c = long.as_str(), d = %long, e = %long, f = %long, "{long}");
    });
    assert!(text.len() < 100_000, "{}", text.len());
    let line: Value = serde_json::from_str(&text).unwrap();
    for name in ["a", "b", "c", "f"] {
        assert!(line["fields"][name].as_str().unwrap().ends_with(" [cut]"), "{name}");
    }
    assert!(line["message"].as_str().unwrap().ends_with(" [cut]"));
}

/// Logs while it is formatted.
struct Chatty;

impl std::fmt::Debug for Chatty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        tracing::info!("from inside");
        f.write_str("chatty")
    }
}

#[test]
fn a_value_that_logs_while_it_is_formatted_spoils_no_line() {
    let text = logged(Format::Json, || {
        let span = tracing::info_span!("span", inner = tracing::field::Empty);
        let _in = span.enter();
        span.record("inner", tracing::field::debug(Chatty));
        tracing::info!(value = ?Chatty, "outer");
    });
    // Whether the inner event of an event arrives is up to `tracing`.
    assert!((2..=3).contains(&text.lines().count()), "{text}");
    assert!(text.contains("from inside") && text.contains("outer"), "{text}");
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn people_read_words() {
    let text = logged(Format::Pretty, || {
        let span = tracing::info_span!("request", id = "r1", user = 7);
        let _in = span.enter();
        tracing::info!(target: "shop", amount = 1250, note = "a b", "paid");
    });
    assert_eq!(
        text,
        "2026-12-31T23:59:59.000123Z  INFO shop: paid amount=1250 note=\"a b\" context=[id=\"r1\" user=7]\n"
    );
}
