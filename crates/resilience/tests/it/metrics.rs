//! What the counters are called and that their labels are closed sets.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use palisade_resilience::deadline::Deadline;
use palisade_resilience::retry::{ErrorsAgain, Retry, RetryPolicy};

use crate::breaker::{breaker, open, policy};

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

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(|l| format!("{}={}", l.key(), l.value())).collect();
        let name = key.name().strip_prefix("palisade_resilience_").unwrap();
        let name = format!("{name}{{{}}}", labels.join(","));
        Counter::from_arc(Arc::new(One(Arc::clone(&self.0), name)))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn what_happens_is_counted() {
    let counts = Counts::default();
    metrics::with_local_recorder(&Counting(Arc::clone(&counts)), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (breaker, _) = breaker(policy());
            breaker.acquire().unwrap().success();
            drop(breaker.acquire().unwrap());
            open(&breaker);
            breaker.acquire().unwrap_err();
            let retry = Retry::new(RetryPolicy::default());
            retry.run(None, |_| ready(Err::<(), _>(())), ErrorsAgain).await.unwrap_err();
            let late = Deadline::at(tokio::time::Instant::now().into_std());
            late.run(std::future::pending::<()>()).await.unwrap_err();
        });
    });
    let counts: Vec<_> = counts.lock().unwrap().clone().into_iter().collect();
    let expected = [
        ("breaker_calls_total{breaker=redis,outcome=abandoned}", 1),
        ("breaker_calls_total{breaker=redis,outcome=failure}", 2),
        ("breaker_calls_total{breaker=redis,outcome=success}", 1),
        ("breaker_refused_total{breaker=redis}", 1),
        ("breaker_transitions_total{breaker=redis,to=open}", 1),
        ("deadline_exceeded_total{}", 1),
        ("retries_total{}", 2),
        ("retry_stops_total{reason=tries}", 1),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)));
}
