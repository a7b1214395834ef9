//! What is told while the service runs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::HeaderName;
use palisade_ratelimit::key::Key;
use palisade_ratelimit::store::{
    Act, Ask, Reading, Readings, Store, StoreError, StoreErrorKind, StoreFuture, Verdict,
};
use palisade_ratelimit::{Finding, Head, Quota, RateLimitLayer, Rule};
use tower::{Layer, ServiceExt};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::request::{Page, admitted, answer, from, get, limits};

/// Keeps the fields of every event with the security target.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Events {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                use std::fmt::Write;
                write!(self.0, "{}={value:?};", field.name()).unwrap();
            }
        }
        if event.metadata().target() == "palisade::security" {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }
}

fn events(run: impl FnOnce()) -> Vec<String> {
    let events = Events::default();
    let subscriber = tracing_subscriber::registry().with(events.clone());
    tracing::subscriber::with_default(subscriber, run);
    let list = events.0.lock().unwrap();
    list.clone()
}

fn codes(events: &[String]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event.split("code=\"").nth(1))
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn the_table_in_the_readme_is_that_of_the_code() {
    let readme = include_str!("../../README.md");
    for finding in Finding::ALL {
        let row = format!("| `{finding}` | {} | {} |", finding.meaning(), finding.fix());
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn a_layer_that_is_there_twice_is_found() {
    let (limits, _) =
        limits(|builder| builder.rule(Rule::new("all", Quota::per_hour(9)).by(Key::everyone())));
    let layer = RateLimitLayer::new(limits.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (once, twice) = (layer.layer(Page), layer.layer(layer.layer(Page)));
    let told = events(|| drop(runtime.block_on(once.oneshot(get("/")))));
    assert!(codes(&told).is_empty());
    let told = events(|| drop(runtime.block_on(twice.oneshot(get("/")))));
    assert_eq!(codes(&told), ["ratelimit_layer_twice"]);
}

#[test]
fn a_missing_address_is_found_once_an_hour() {
    let (limits, clock) = limits(|builder| builder.rule(Rule::new("ip", Quota::per_hour(9))));
    let told = events(|| {
        let _ = admitted(&limits, 3, |_| get("/"));
        clock.advance(Duration::from_mins(61));
        let _ = admitted(&limits, 3, |_| get("/"));
    });
    assert_eq!(codes(&told), ["ratelimit_client_ip_missing"; 2]);
    let told = events(|| drop(limits.check(Head::from(&from("10.0.0.1", get("/"))))));
    assert!(codes(&told).is_empty());
}

#[test]
fn rules_that_nobody_matches_and_keys_that_nobody_has_are_found_after_an_hour() {
    let (limits, clock) = limits(|builder| {
        let key = Key::header(HeaderName::from_static("x-api-key"));
        builder
            .rule(Rule::new("lost", Quota::per_hour(9)).on("/apii/{*rest}").by(Key::everyone()))
            .rule(Rule::new("keyless", Quota::per_hour(9)).by(key))
            .rule(Rule::new("fine", Quota::per_hour(9)).by(Key::everyone()))
    });
    let told = events(|| {
        let _ = admitted(&limits, 3, |_| get("/api/x"));
        clock.advance(Duration::from_mins(59));
        let _ = admitted(&limits, 3, |_| get("/api/x"));
    });
    assert!(codes(&told).is_empty(), "{told:?}");
    let told = events(|| {
        clock.advance(Duration::from_mins(2));
        let _ = admitted(&limits, 3, |_| get("/api/x"));
    });
    assert_eq!(codes(&told), ["ratelimit_rule_unmatched", "ratelimit_key_missing"]);
    assert!(told[0].contains("rule=\"lost\"") && told[1].contains("rule=\"keyless\""), "{told:?}");
}

#[test]
fn a_refusal_is_a_security_event_that_says_who_and_a_flood_of_them_is_counted() {
    let (limits, clock) =
        limits(|builder| builder.rule(Rule::new("login", Quota::per_hour(0)).by(Key::everyone())));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let told = events(|| {
        for _ in 0..50 {
            drop(runtime.block_on(answer(&limits, from("203.0.113.9", get("/")))));
        }
        clock.advance(Duration::from_secs(1));
        drop(runtime.block_on(answer(&limits, from("203.0.113.9", get("/")))));
    });
    let refusals: Vec<&String> =
        told.iter().filter(|event| event.contains("excess_rate_limit_exceeded")).collect();
    assert_eq!(refusals.len(), 11);
    assert!(refusals[0].contains("client=203.0.113.9") && refusals[0].contains("policy=\"login\""));
    assert!(refusals[10].contains("untold=40"), "{}", refusals[10]);
}

#[test]
fn a_cost_that_never_passes_is_found() {
    let (limits, _) = limits(|builder| {
        builder.rule(Rule::new("api", Quota::per_hour(2)).by(Key::everyone()).cost_of(|_| 3))
    });
    let told = events(|| drop(limits.check(Head::from(&get("/")))));
    assert_eq!(codes(&told), ["ratelimit_cost_above_burst"]);
}

/// A store that waits, and answers what it is told to.
#[derive(Debug)]
struct Elsewhere {
    time: Option<SystemTime>,
}

impl Store for Elsewhere {
    fn name(&self) -> &'static str {
        "elsewhere"
    }

    fn decide<'a>(&'a self, asks: &'a [Ask], _: Act) -> StoreFuture<'a, Verdict> {
        Box::pin(async move {
            let time = self.time.ok_or_else(|| StoreError::new(StoreErrorKind::Timeout))?;
            let mut readings = Readings::new();
            for ask in asks {
                readings.push(Reading::untouched(ask.meter()));
            }
            Ok(Verdict::new(true, readings).at(time))
        })
    }

    fn refund<'a>(&'a self, _: &'a [Ask]) -> StoreFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

fn elsewhere(time: Option<Duration>) -> (u16, Vec<String>) {
    let (limits, _) = limits(|builder| {
        let time = time.map(|time| SystemTime::UNIX_EPOCH + time);
        let rule = Rule::new("all", Quota::per_hour(9)).by(Key::everyone()).refund_on([200]);
        builder.with_store(Elsewhere { time }).rule(rule)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut status = 0;
    let told = events(|| status = runtime.block_on(answer(&limits, get("/"))).status().as_u16());
    (status, told)
}

#[test]
fn a_clock_that_differs_from_the_stores_is_found() {
    let (status, told) = elsewhere(Some(Duration::from_hours(480_000)));
    assert_eq!((status, codes(&told)), (200, vec![]));
    let (status, told) = elsewhere(Some(Duration::from_secs(480_000 * 3600 + 3)));
    assert_eq!((status, codes(&told)), (200, vec!["ratelimit_clock_skew"]));
}

#[test]
fn a_store_that_gives_no_answer_is_503() {
    let (status, told) = elsewhere(None);
    assert_eq!((status, codes(&told)), (503, vec!["ratelimit_store_down"]));
}
