//! A bound for the series of every metric.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{PoisonError, RwLock};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit,
};

/// Recorder around another one that keeps each metric to a number of series.
///
/// The first series of a metric are kept as they come. Where its labels would make more, they are
/// replaced by the one label `overflow="true"`, and `palisade_observe_overflow_total` counts how often
/// that happened, by metric.
///
/// # Example
///
/// ```
/// use metrics_exporter_prometheus::PrometheusBuilder;
/// use palisade_observe::metric::Guard;
///
/// let recorder = PrometheusBuilder::new().build_recorder();
/// let handle = recorder.handle();
/// let guarded = Guard::new(recorder, 100);
/// metrics::with_local_recorder(&guarded, || {
///     for user in 0..10_000 {
///         metrics::counter!("logins_total", "user" => user.to_string()).increment(1);
///     }
/// });
/// let text = handle.render();
/// assert_eq!(text.lines().filter(|line| line.starts_with("logins_total")).count(), 101);
/// assert!(text.contains("logins_total{overflow=\"true\"} 9900"));
/// ```
///
/// # Cost
///
/// A read lock and a look-up by name and key for each registration, which is each use of a macro of
/// `metrics` and the first use of a handle that is kept.
pub struct Guard<R> {
    inner: R,
    most: usize,
    series: RwLock<HashMap<Box<str>, HashSet<Key>>>,
}

/// Names of metrics, at most; those beyond are not recorded.
const NAMES: usize = 4096;

enum Place {
    Known,
    Overflow,
    Nowhere,
}

impl<R: Recorder> Guard<R> {
    /// Keeps each metric of this recorder to so many series, and one for the overflow.
    pub fn new(inner: R, most: usize) -> Self {
        Self { inner, most, series: RwLock::default() }
    }

    fn place(&self, key: &Key) -> Place {
        if key.labels().len() == 0 {
            return Place::Known;
        }
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = series.get(key.name()) {
            if known.contains(key) {
                return Place::Known;
            }
            if known.len() >= self.most {
                return Place::Overflow;
            }
        }
        drop(series);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if !series.contains_key(key.name()) && series.len() >= NAMES {
            return Place::Nowhere;
        }
        let known = series.entry(key.name().into()).or_default();
        if known.len() >= self.most && !known.contains(key) {
            return Place::Overflow;
        }
        known.insert(key.clone());
        Place::Known
    }

    /// Returns the key under which a metric is recorded, if it is.
    fn admit(&self, key: &Key, metadata: &Metadata<'_>, with: impl FnOnce(&Key)) {
        match self.place(key) {
            Place::Known => with(key),
            Place::Nowhere => {}
            Place::Overflow => {
                let metric = vec![Label::new("metric", key.name().to_owned())];
                let overflow = Key::from_parts("palisade_observe_overflow_total", metric);
                self.inner.register_counter(&overflow, metadata).increment(1);
                let labels = vec![Label::from_static_parts("overflow", "true")];
                with(&Key::from_parts(key.name().to_owned(), labels));
            }
        }
    }
}

impl<R: Recorder> Recorder for Guard<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let mut counter = Counter::noop();
        self.admit(key, metadata, |key| counter = self.inner.register_counter(key, metadata));
        counter
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let mut gauge = Gauge::noop();
        self.admit(key, metadata, |key| gauge = self.inner.register_gauge(key, metadata));
        gauge
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let mut histogram = Histogram::noop();
        self.admit(key, metadata, |key| histogram = self.inner.register_histogram(key, metadata));
        histogram
    }
}

impl<R> fmt::Debug for Guard<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("most", &self.most).finish_non_exhaustive()
    }
}
