//! Counters: those of the feature `metrics`, and those that this process can be asked for.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts a store that gave no answer.
#[cfg(all(feature = "palisade-resilience", feature = "metrics"))]
pub(crate) fn store_error(store: &'static str, kind: &'static str) {
    let name = "palisade_ratelimit_store_errors_total";
    metrics::counter!(name, "store" => store, "kind" => kind).increment(1);
}

#[cfg(all(feature = "palisade-resilience", not(feature = "metrics")))]
pub(crate) const fn store_error(_store: &'static str, _kind: &'static str) {}

/// What became of a rule's requests.
///
/// What is rare is counted here too, for [`Limits::figures`](crate::Limits::figures).
pub(crate) struct Tally {
    refused: AtomicU64,
    would_refuse: AtomicU64,
    near_limit: AtomicU64,
    /// The labels are made once.
    #[cfg(feature = "metrics")]
    keys: [metrics::Key; 5],
}

impl Tally {
    pub(crate) fn add(&self, counted: Counted) {
        match counted {
            Counted::Refused => up(&self.refused),
            Counted::WouldRefuse => up(&self.would_refuse),
            Counted::NearLimit => up(&self.near_limit),
            Counted::Admitted | Counted::NoKey => {}
        }
        self.tell(counted);
    }

    /// Returns how many were refused, would have been, and came near the end of their quota.
    pub(crate) fn rare(&self) -> [u64; 3] {
        [&self.refused, &self.would_refuse, &self.near_limit].map(|n| n.load(Ordering::Relaxed))
    }
}

fn up(number: &AtomicU64) {
    number.fetch_add(1, Ordering::Relaxed);
}

/// One of the ends of a decision, as the label `outcome` names it.
#[derive(Clone, Copy)]
pub(crate) enum Counted {
    Admitted,
    Refused,
    WouldRefuse,
    NearLimit,
    NoKey,
}

#[cfg(feature = "metrics")]
impl Tally {
    pub(crate) fn new(rule: &str) -> Self {
        let key = |outcome: &'static str| {
            let rule = metrics::Label::new("rule", rule.to_owned());
            let outcome = metrics::Label::from_static_parts("outcome", outcome);
            metrics::Key::from_parts("palisade_ratelimit_decisions_total", vec![rule, outcome])
        };
        let near = metrics::Label::new("rule", rule.to_owned());
        let near = metrics::Key::from_parts("palisade_ratelimit_near_limit_total", vec![near]);
        let keys = [key("admitted"), key("refused"), key("would_refuse"), near, key("no_key")];
        let [refused, would_refuse, near_limit] = [const { AtomicU64::new(0) }; 3];
        Self { refused, would_refuse, near_limit, keys }
    }

    fn tell(&self, counted: Counted) {
        static METADATA: metrics::Metadata<'static> =
            metrics::Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));
        let [admitted, refused, would_refuse, near, no_key] = &self.keys;
        let key = match counted {
            Counted::Admitted => admitted,
            Counted::Refused => refused,
            Counted::WouldRefuse => would_refuse,
            Counted::NearLimit => near,
            Counted::NoKey => no_key,
        };
        metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA)).increment(1);
    }
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::unused_self, reason = "stands where a counter may stand")]
impl Tally {
    pub(crate) const fn new(_rule: &str) -> Self {
        let [refused, would_refuse, near_limit] = [const { AtomicU64::new(0) }; 3];
        Self { refused, would_refuse, near_limit }
    }

    const fn tell(&self, _counted: Counted) {}
}
