//! What is written about strangers: lines, redacted texts, traces, files, statements.

use std::sync::Arc;

use palisade_core::ManualClock;
use palisade_observe::is_hostile;
use palisade_observe::log::{Captured, Format, LogLayer};
use palisade_observe::query::fingerprint;
use palisade_observe::redact::Redactor;
use palisade_observe::request::TraceContext;
use palisade_observe::writer::{Output, RotatingFile, Rotation};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;

/// Any text as value and as message is one printable line, whose JSON holds the text and nothing
/// posed by it.
///
/// # Panics
///
/// When a rule is broken.
pub fn observe_escape(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (json, words) = (Captured::new(), Captured::new());
    let layer = LogLayer::new(Arc::new(ManualClock::new()))
        .to(Format::Json, json.clone())
        .to(Format::Pretty, words.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let span = tracing::info_span!("span", bound = &*text);
        let _in = span.enter();
        tracing::info!(plain = &*text, shown = %text, debugged = ?text, "{text}");
    });
    for line in [json.text(), words.text()] {
        let body = line.strip_suffix('\n').expect("a line ends");
        assert!(!body.chars().any(is_hostile), "{body:?}");
    }
    let line: Value = serde_json::from_str(&json.text()).expect("JSON");
    let members: Vec<&String> = line.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["context", "fields", "level", "message", "span", "target", "ts"]);
    assert_eq!(line["level"], "INFO");
    let kept = |value: &Value, whole: &str| {
        let value = value.as_str().expect("a text");
        let cut = value.strip_suffix(" [cut]").is_some_and(|begin| whole.starts_with(begin));
        assert!(value == whole || cut, "{value:?} of {whole:?}");
    };
    kept(&line["message"], &text);
    kept(&line["context"]["bound"], &text);
    kept(&line["fields"]["plain"], &text);
    kept(&line["fields"]["shown"], &text);
    kept(&line["fields"]["debugged"], &format!("{text:?}"));
}

/// Any text is taken, and a secret behind a telling name does not survive it.
///
/// # Panics
///
/// When a rule is broken.
pub fn observe_redact(data: &[u8]) {
    let redactor = Redactor::new();
    let text = String::from_utf8_lossy(data);
    let clean = redactor.text(&text);
    assert!(clean.len() <= text.len().saturating_mul(11).saturating_add(10));
    let canary = "zQ7canaryX9";
    for pair in [format!("\npassword={canary} "), format!(" Bearer {canary}\n")] {
        let clean = redactor.text(&pair).into_owned();
        assert!(!clean.contains(canary), "{clean:?}");
        let around = format!("{text}{pair}{text}");
        if !text.contains(canary) {
            let clean = redactor.text(&around);
            assert!(!clean.contains(canary), "{around:?} became {clean:?}");
        }
    }
}

/// What is read as a trace is written back as a header of the same trace.
///
/// # Panics
///
/// When a rule is broken.
pub fn observe_traceparent(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(trace) = TraceContext::parse(text) else { return };
    assert!(trace.trace_id() != 0 && trace.span_id() != 0);
    let again = TraceContext::parse(&trace.traceparent()).expect("our own header");
    assert_eq!(again, trace);
    assert_eq!(text.get(3..52), trace.traceparent().get(3..52));
    assert!(!text.bytes().any(|byte| byte.is_ascii_uppercase()) || text.len() > 55);
}

/// Batches of lines, crashes that tear the last one and restarts: every line that was written is in
/// the files, whole, once and in order.
///
/// # Panics
///
/// When a rule is broken.
pub fn observe_rotation(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.log");
    let rotation = Rotation::new(64, 60);
    let open = || RotatingFile::open(&path, rotation).expect("a file");
    let mut file = Some(open());
    let (mut batch, mut expected) = (String::new(), Vec::new());
    for (number, byte) in data.iter().take(48).enumerate() {
        match byte {
            0..=199 => {
                let line = format!("{number} {}", "x".repeat(usize::from(*byte)));
                batch.push_str(&line);
                batch.push('\n');
                expected.push(line);
            }
            200..=239 => {
                let file = file.as_mut().expect("open");
                file.write(std::mem::take(&mut batch).as_bytes()).expect("written");
            }
            _ => {
                drop(file.take());
                let torn = "t".repeat(usize::from(*byte - 239));
                let there = std::fs::read_to_string(&path).unwrap_or_default();
                std::fs::write(&path, there + &torn).expect("torn");
                file = Some(open());
            }
        }
    }
    file.as_mut().expect("open").write(batch.as_bytes()).expect("written");
    let read = |number: usize| {
        let name = if number == 0 { "app.log".to_owned() } else { format!("app.log.{number}") };
        std::fs::read_to_string(folder.path().join(name)).unwrap_or_default()
    };
    let all: String = (0..=60).rev().map(read).collect();
    let whole: Vec<&str> = all.lines().filter(|line| !line.starts_with('t')).collect();
    assert_eq!(whole, expected);
}

/// Any text has a fingerprint, which is bounded and its own.
///
/// # Panics
///
/// When a rule is broken.
pub fn observe_fingerprint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let print = fingerprint(&text);
    assert!(print.len() <= 4 * 4096, "{}", print.len());
    assert!(!print.ends_with([' ', ';']));
}
