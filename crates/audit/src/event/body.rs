//! An event as it is stored.

use std::cell::Cell;
use std::io::Write;
use std::net::IpAddr;
use std::time::SystemTime;

use super::text::quoted;
use super::{Event, Severity, WORD, time};
use crate::segment::decimal;

/// A JSON object without its first brace: a number is put before it when its place is known.
#[derive(Clone, Debug)]
pub(crate) struct Body(pub(crate) Vec<u8>);

thread_local! {
    /// What the last event of this thread was written into: at most an event is kept.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Body {
    /// Writes an event where the last one of this thread was written, and shows it.
    pub(super) fn with<R>(event: &Event, now: SystemTime, act: impl FnOnce(&Self) -> R) -> R {
        let mut out = SCRATCH.take();
        out.clear();
        let body = Self::of(event, now, out);
        let result = act(&body);
        SCRATCH.set(body.0);
        result
    }

    pub(super) fn of(event: &Event, now: SystemTime, mut out: Vec<u8>) -> Self {
        let values = event.changes.len().saturating_add(event.details.len());
        out.reserve(values.saturating_add(320));
        let mut cut = event.cut;
        let mut word = |out: &mut Vec<u8>, name: &[u8], text: &str| {
            out.extend_from_slice(name);
            cut = cut.saturating_add(quoted(out, text, WORD));
        };
        out.extend_from_slice(b"\"ts\":\"");
        time::write(&mut out, now);
        out.push(b'"');
        if event.own {
            out.extend_from_slice(b",\"own\":true");
        }
        word(&mut out, b",\"action\":", &event.action);
        out.extend_from_slice(b",\"outcome\":\"");
        out.extend_from_slice(event.outcome.as_str().as_bytes());
        out.push(b'"');
        if event.severity != Severity::Routine {
            out.extend_from_slice(b",\"severity\":\"");
            out.extend_from_slice(event.severity.as_str().as_bytes());
            out.push(b'"');
        }
        if let Some(actor) = &event.actor {
            word(&mut out, b",\"actor\":{\"kind\":", &actor.kind);
            word(&mut out, b",\"id\":", &actor.id);
            out.push(b'}');
        }
        if let Some((kind, id)) = &event.target {
            word(&mut out, b",\"target\":{\"kind\":", kind);
            word(&mut out, b",\"id\":", id);
            out.push(b'}');
        }
        let context = &event.context;
        // Writing to a vector cannot fail.
        if let Some(ip) = context.ip {
            out.extend_from_slice(b",\"ip\":\"");
            address(&mut out, ip);
            out.push(b'"');
        }
        if let Some(id) = &context.request_id {
            word(&mut out, b",\"request_id\":", id);
        }
        if let Some(id) = &context.trace_id {
            word(&mut out, b",\"trace_id\":", id);
        }
        if let Some(begun) = event.begun {
            let _ = write!(out, ",\"begun\":{begun}");
        }
        list(&mut out, b",\"changes\":[", &event.changes);
        list(&mut out, b",\"details\":[", &event.details);
        if cut > 0 {
            let _ = write!(out, ",\"cut\":{cut}");
        }
        if event.omitted > 0 {
            let _ = write!(out, ",\"omitted\":{}", event.omitted);
        }
        out.push(b'}');
        Self(out)
    }
}

fn address(out: &mut Vec<u8>, ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => {
            for (position, octet) in ip.octets().into_iter().enumerate() {
                if position > 0 {
                    out.push(b'.');
                }
                decimal(out, u64::from(octet));
            }
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(ip) => {
            let _ = write!(out, "{ip}");
        }
    }
}

fn list(out: &mut Vec<u8>, name: &[u8], values: &[u8]) {
    if !values.is_empty() {
        out.extend_from_slice(name);
        out.extend_from_slice(values);
        out.push(b']');
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::{Actor, Context, MAX_EVENT, Outcome};
    use super::*;

    fn line(event: &Event) -> String {
        let body =
            event.body(SystemTime::UNIX_EPOCH + Duration::from_micros(1_764_500_000_123_456));
        format!("{{\"seq\":7,{}", String::from_utf8(body.0).unwrap())
    }

    #[test]
    fn an_event_is_one_line_of_json() {
        let event = Event::new("user.role.update")
            .actor(Actor::user("u1"))
            .target("user", "u7")
            .outcome(Outcome::Denied)
            .severity(Severity::Security)
            .context(Context::new().with_ip([192, 0, 2, 7].into()).with_request_id("r-1"))
            .change("role", "teacher", "admin")
            .change("age", &Some(3), &None)
            .detail("note", "a \"quoted\" \\ line\n");
        assert_eq!(
            line(&event),
            "{\"seq\":7,\"ts\":\"2025-11-30T10:53:20.123456Z\",\"action\":\"user.role.update\",\
             \"outcome\":\"denied\",\"severity\":\"security\",\
             \"actor\":{\"kind\":\"user\",\"id\":\"u1\"},\"target\":{\"kind\":\"user\",\"id\":\"u7\"},\
             \"ip\":\"192.0.2.7\",\"request_id\":\"r-1\",\"changes\":[\
             {\"name\":\"role\",\"old\":\"teacher\",\"new\":\"admin\"},\
             {\"name\":\"age\",\"old\":3,\"new\":null}],\
             \"details\":[{\"name\":\"note\",\"value\":\"a \\\"quoted\\\" \\\\ line\\u000a\"}]}"
        );
    }

    #[test]
    fn what_is_too_long_is_cut_or_left_out_and_counted() {
        let long = "\u{1}".repeat(1 << 14);
        let mut event = Event::new(long.clone()).actor(Actor::new(long.clone(), long.clone()));
        event = event.target(long.clone(), long.clone());
        event = event.context(Context::new().with_request_id(long.clone()));
        for _ in 0..100 {
            event = event.change(&long, &long, &long).detail(&long, &long);
        }
        let line = line(&event);
        assert!(line.len() <= MAX_EVENT, "{}", line.len());
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(value["omitted"].as_u64().unwrap() > 90);
        assert!(value["cut"].as_u64().unwrap() > 6);
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_no_line_holds_a_character_that_hides(
            action in "\\PC*", id in any::<String>(), value in any::<String>(),
        ) {
            let event = Event::new(action).actor(Actor::user(id.clone())).detail("v", &value);
            let line = line(&event);
            let hides = |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}');
            prop_assert!(!line.contains(hides), "{}", line.escape_debug());
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            if value.len() <= 4096 {
                prop_assert_eq!(read["details"][0]["value"].as_str().unwrap(), value);
            }
            if id.len() <= WORD {
                prop_assert_eq!(read["actor"]["id"].as_str().unwrap(), id);
            }
        }
    }
}
