//! Headers are honest, and every parser reads them.

use std::time::Duration;

use http::Response;
use palisade_edge::refusal::Refusal;
use palisade_ratelimit::fields::{Draft, Fields, Reset};
use palisade_ratelimit::key::Key;
use palisade_ratelimit::limits::{Limits, RateLimited};
use palisade_ratelimit::{Quota, Rule};
use proptest::prelude::*;
use serde_json::Value;
use sfv::{BareItem, Item, List, ListEntry, Parser};

use crate::request::{Answer, answer, app, get, header, limits};

/// Reads a field as RFC 9651 says: names and integer parameters.
fn read(response: &Answer, name: &str) -> Vec<(String, Vec<(String, i64)>)> {
    let text = header(response, name).unwrap_or_else(|| panic!("no {name}"));
    let list: List = Parser::new(text).parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    list.into_iter().map(item).collect()
}

fn item(entry: ListEntry) -> (String, Vec<(String, i64)>) {
    let ListEntry::Item(Item { bare_item: BareItem::String(name), params }) = entry else {
        panic!("no string: {entry:?}")
    };
    let integer = |(key, value): (sfv::Key, BareItem)| match value {
        BareItem::Integer(number) => Some((key.to_string(), i64::from(number))),
        BareItem::String(_) if key.as_str() == "qu" => None,
        other => panic!("{key:?} is {other:?}"),
    };
    (name.to_string(), params.into_iter().filter_map(integer).collect())
}

fn parameter(item: &(String, Vec<(String, i64)>), key: &str) -> Option<i64> {
    item.1.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
}

fn seconds(response: &Answer, name: &str) -> u64 {
    header(response, name).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_refusal_says_which_policies_until_when_and_is_not_stored() {
    let (limits, _) = limits(|builder| {
        builder
            .rule(Rule::new("wide", Quota::per_hour(3)).by(Key::everyone()))
            .rule(Rule::new("narrow", Quota::per_minute(1)).by(Key::everyone()))
    });
    answer(&limits, get("/")).await;
    let refused = answer(&limits, get("/")).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(header(&refused, "retry-after"), Some("60"));
    assert_eq!(header(&refused, "cache-control"), Some("no-store"));
    assert_eq!(header(&refused, "content-type"), Some("application/problem+json"));
    assert_eq!(read(&refused, "ratelimit").len(), 2);
    let body = http_body_util::BodyExt::collect(refused.into_body()).await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert_eq!(problem["violated-policies"], serde_json::json!(["narrow"]));
    assert_eq!(
        (&problem["status"], &problem["code"]),
        (&429.into(), &"rate_limit_exceeded".into())
    );
}

#[tokio::test]
async fn all_violated_policies_are_named() {
    let (limits, _) = limits(|builder| {
        let rule = |name: &str| Rule::new(name, Quota::per_hour(1)).by(Key::everyone());
        builder.rule(rule("one")).rule(rule("two")).rule(rule("three").shadow())
    });
    answer(&limits, get("/")).await;
    let refused = answer(&limits, get("/")).await;
    let body = http_body_util::BodyExt::collect(refused.into_body()).await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["violated-policies"], serde_json::json!(["one", "two"]));
}

#[tokio::test]
async fn a_closure_makes_its_own_answer_and_what_it_sets_stays() {
    let (limits, _) =
        limits(|builder| builder.rule(Rule::new("all", Quota::per_hour(0)).by(Key::everyone())));
    let layer =
        palisade_ratelimit::RateLimitLayer::new(limits).with_rejection(|refused: &RateLimited| {
            let policies: Vec<&str> = refused.policies().collect();
            let body = http_body_util::Full::new(bytes::Bytes::from(policies.join(",")));
            Response::builder().status(503).header("cache-control", "private").body(body).unwrap()
        });
    let service = tower::Layer::layer(&layer, crate::request::Page);
    let refused = tower::ServiceExt::oneshot(service, get("/")).await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), header(&refused, "cache-control")),
        (503, Some("private"))
    );
    assert_eq!(header(&refused, "retry-after"), None, "a quota of 0 has no wait");
    let body = http_body_util::BodyExt::collect(refused.into_body()).await.unwrap().to_bytes();
    assert_eq!(&body[..], b"all");
}

#[tokio::test]
async fn a_refusal_tells_what_was_chosen_and_no_wait_where_none_helps() {
    let told = [(Fields::default(), Some("\"all\";r=0")), (Fields::none(), None)];
    let quotas = [
        (Quota::per_hour(0), None),
        (Quota::concurrent(0), None),
        (Quota::per_hour(1), Some("3600")),
    ];
    for (quota, wait) in quotas {
        for (fields, line) in told {
            let all = Rule::new("all", quota).by(Key::everyone());
            let (limits, _) = limits(|builder| builder.fields(fields).rule(all));
            answer(&limits, get("/")).await;
            let refused = answer(&limits, get("/")).await;
            assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, wait));
            let until = wait.map_or(String::new(), |wait| format!(";t={wait}"));
            let line = line.map(|line| format!("{line}{until}"));
            assert_eq!(header(&refused, "ratelimit"), line.as_deref());
            assert_eq!(header(&refused, "ratelimit-policy").is_some(), line.is_some());
        }
    }
}

#[tokio::test]
async fn whoever_makes_the_answer_each_field_is_there_once() {
    type Made = Response<http_body_util::Full<bytes::Bytes>>;
    let problem = |refused: &RateLimited| -> Made { refused.problem().into_answer() };
    let own = |_: &RateLimited| Made::default();
    for made in [None, Some(problem as fn(&RateLimited) -> Made), Some(own)] {
        let fields = Fields::default().x_ratelimit(Reset::Delta);
        let (limits, _) = limits(|builder| {
            let all = Rule::new("all", Quota::per_minute(1)).by(Key::everyone());
            builder.fields(fields).rule(all)
        });
        assert!(limits.check((&get("/")).into()).is_ok());
        let refused = if let Some(made) = made {
            let layer = palisade_ratelimit::RateLimitLayer::new(limits).with_rejection(made);
            let service = tower::Layer::layer(&layer, crate::request::Page);
            tower::ServiceExt::oneshot(service, get("/")).await.unwrap()
        } else {
            answer(&limits, get("/")).await
        };
        for (name, value) in [
            ("retry-after", "60"),
            ("cache-control", "no-store"),
            ("ratelimit", "\"all\";r=0;t=60"),
            ("ratelimit-policy", "\"all\";q=1;w=60"),
            ("x-ratelimit-remaining", "0"),
        ] {
            let values: Vec<_> = refused.headers().get_all(name).iter().collect();
            assert_eq!(values, [value], "{name}");
        }
    }
}

#[tokio::test]
async fn the_older_fields_tell_the_tightest_policy_and_what_reset_is() {
    for (reset, expected) in [(Reset::Delta, 1800), (Reset::Epoch, 480_000 * 3600 + 1800)] {
        let (limits, _) = limits(|builder| {
            builder
                .fields(Fields::none().x_ratelimit(reset))
                .rule(Rule::new("wide", Quota::per_hour(100)).by(Key::everyone()))
                .rule(Rule::new("narrow", Quota::per_hour(2)).by(Key::everyone()))
        });
        let first = answer(&limits, get("/")).await;
        assert_eq!(header(&first, "x-ratelimit-limit"), Some("2"));
        assert_eq!(header(&first, "x-ratelimit-remaining"), Some("1"));
        assert_eq!(seconds(&first, "x-ratelimit-reset"), expected);
        assert_eq!(header(&first, "ratelimit"), None);
    }
}

#[tokio::test]
async fn the_older_fields_count_in_what_passes_at_once() {
    let (limits, _) = limits(|builder| {
        let all = Rule::new("all", Quota::per_hour(100).burst(5)).by(Key::everyone());
        builder.fields(Fields::none().x_ratelimit(Reset::Delta)).rule(all)
    });
    let first = answer(&limits, get("/")).await;
    assert_eq!(header(&first, "x-ratelimit-limit"), Some("5"));
    assert_eq!(header(&first, "x-ratelimit-remaining"), Some("4"));
    assert_eq!(header(&first, "x-ratelimit-reset"), Some("36"));
}

#[tokio::test]
async fn a_shadow_is_not_told_and_a_soft_rule_is() {
    let (limits, _) = limits(|builder| {
        let rule = |name: &str| Rule::new(name, Quota::per_hour(1)).by(Key::everyone());
        builder.rule(rule("shadow").shadow()).rule(rule("soft").soft())
    });
    for _ in 0..3 {
        let passed = answer(&limits, get("/")).await;
        assert_eq!((passed.status().as_u16(), read(&passed, "ratelimit").len()), (200, 1));
    }
}

#[derive(Clone, Debug)]
struct Shape {
    quotas: Vec<Quota>,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let window = prop_oneof![Just(1_u64), Just(60), Just(7), Just(3600)];
    let kind = prop_oneof![Just(0_u8), Just(1), Just(2)];
    let quota = (1_u32..9, window, kind, 1_u32..12).prop_map(|(count, seconds, kind, burst)| {
        let quota = Quota::per(count, Duration::from_secs(seconds)).unwrap();
        match kind {
            0 => quota,
            1 => quota.strict(),
            _ => quota.burst(burst),
        }
    });
    prop::collection::vec(quota, 1..4).prop_map(|quotas| Shape { quotas })
}

fn build(shape: &Shape) -> (Limits, palisade_core::ManualClock) {
    limits(|builder| {
        let fields = Fields::none().ietf(Draft::Eleven).x_ratelimit(Reset::Delta);
        let rules = shape.quotas.iter().enumerate();
        rules.fold(builder.fields(fields), |builder, (position, quota)| {
            builder.rule(Rule::new(format!("rule-{position}"), *quota).by(Key::everyone()))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A lone client that waits what it is told is admitted; one that sends as many more as it is
    /// told at once is never refused; whatever is sent can be parsed.
    #[test]
    fn headers_are_honest(shape in shapes(), pauses in prop::collection::vec(0_u64..5000, 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (limits, clock) = build(&shape);
            let mut service = app(&limits);
            let mut send = async || {
                tower::Service::call(&mut service, get("/")).await.unwrap()
            };
            for pause in pauses {
                clock.advance(Duration::from_millis(pause));
                let response = send().await;
                let items = read(&response, "ratelimit");
                let policies = read(&response, "ratelimit-policy");
                prop_assert_eq!(items.len(), shape.quotas.len());
                prop_assert_eq!(policies.len(), shape.quotas.len());
                for item in &items {
                    let (left, more) = (parameter(item, "r").unwrap(), parameter(item, "t"));
                    prop_assert!(left >= 0 && more.is_none_or(|more| more > 0), "{:?}", item);
                }
                let tightest = items.iter().map(|item| parameter(item, "r").unwrap()).min().unwrap();
                if response.status() == 429 {
                    let wait = seconds(&response, "retry-after");
                    prop_assert!(wait > 0);
                    let until_more = items.iter().filter(|item| parameter(item, "r") == Some(0));
                    let until_more = until_more.filter_map(|item| parameter(item, "t")).max();
                    prop_assert!(until_more.is_none_or(|more| i64::try_from(wait).unwrap() >= more));
                    clock.advance(Duration::from_secs(wait));
                    let again = send().await;
                    prop_assert_eq!(again.status(), 200, "after {} s", wait);
                } else {
                    for _ in 0..tightest {
                        let more = send().await;
                        prop_assert_eq!(more.status(), 200, "{} were told", tightest);
                    }
                }
            }
            Ok(())
        })?;
    }

    /// Once `t` has passed without a request, at least one more is there.
    #[test]
    fn after_t_more_is_there(shape in shapes(), used in 1_usize..12) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (limits, clock) = build(&shape);
            let mut response = answer(&limits, get("/")).await;
            for _ in 1..used {
                response = answer(&limits, get("/")).await;
            }
            let items = read(&response, "ratelimit");
            let waits = items.iter().filter_map(|item| parameter(item, "t"));
            let Some(wait) = waits.max() else { return Ok(()) };
            let least = items.iter().map(|item| parameter(item, "r").unwrap()).min().unwrap();
            clock.advance(Duration::from_secs(wait.try_into().unwrap()));
            let admitted = crate::request::admitted(&limits, 40, |_| get("/"));
            prop_assert!(i64::try_from(admitted).unwrap() > least, "{} of {}", admitted, least);
            Ok(())
        })?;
    }
}
