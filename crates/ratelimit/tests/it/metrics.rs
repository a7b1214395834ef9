//! What the counters are called and that their labels are closed sets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::HeaderName;
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key as Metric, KeyName, Metadata, Recorder, SharedString,
    Unit,
};
use palisade_ratelimit::key::Key;
use palisade_ratelimit::{Quota, Rule};

use crate::request::{admitted, get, limits};

type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

struct Counting(Counts);

struct One(Counts, String);

impl CounterFn for One {
    fn increment(&self, value: u64) {
        *self.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Counting {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Metric, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(|l| format!("{}={}", l.key(), l.value())).collect();
        let name = key.name().strip_prefix("palisade_ratelimit_").unwrap();
        let name = format!("{name}{{{}}}", labels.join(","));
        Counter::from_arc(Arc::new(One(Arc::clone(&self.0), name)))
    }

    fn register_gauge(&self, _: &Metric, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Metric, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn decisions_are_counted_and_the_near_end_of_a_quota_too() {
    let counts = Counts::default();
    metrics::with_local_recorder(&Counting(Arc::clone(&counts)), || {
        let rule = |name: &str, count| Rule::new(name, Quota::per_hour(count)).by(Key::everyone());
        let (limits, _) = limits(|builder| {
            builder
                .rule(rule("enforced", 10))
                .rule(rule("shadow", 4).shadow())
                .rule(rule("keyed", 1).by(Key::header(HeaderName::from_static("x-key"))).on("/x"))
                .rule(
                    Rule::new("keyless", Quota::per_hour(1))
                        .by(Key::header(HeaderName::from_static("x-key"))),
                )
        });
        assert_eq!(admitted(&limits, 12, |_| get("/")), 10);
    });
    let counts: Vec<_> = counts.lock().unwrap().clone().into_iter().collect();
    let expected = [
        ("decisions_total{rule=enforced,outcome=admitted}", 10),
        ("decisions_total{rule=enforced,outcome=refused}", 2),
        ("decisions_total{rule=keyless,outcome=no_key}", 12),
        ("decisions_total{rule=shadow,outcome=admitted}", 4),
        ("decisions_total{rule=shadow,outcome=would_refuse}", 6),
        ("near_limit_total{rule=enforced}", 3),
        ("near_limit_total{rule=shadow}", 1),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)));
}
