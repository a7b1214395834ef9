//! Counters, where the feature `metrics` is on.

/// Counts a store that gave no answer.
#[cfg(all(feature = "palisade-resilience", feature = "metrics"))]
pub(crate) fn store_error(store: &'static str, kind: &'static str) {
    let name = "palisade_ratelimit_store_errors_total";
    metrics::counter!(name, "store" => store, "kind" => kind).increment(1);
}

#[cfg(all(feature = "palisade-resilience", not(feature = "metrics")))]
pub(crate) const fn store_error(_store: &'static str, _kind: &'static str) {}

/// What became of a rule's requests; the labels are made once.
pub(crate) struct Tally {
    #[cfg(feature = "metrics")]
    keys: [metrics::Key; 5],
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
        Self { keys }
    }

    pub(crate) fn add(&self, counted: Counted) {
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

    /// Says whether a recorder listens: what only it needs is then computed.
    pub(crate) const fn is_heard() -> bool {
        true
    }
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::missing_const_for_fn, reason = "stands where a counter may stand")]
impl Tally {
    pub(crate) fn new(_rule: &str) -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, reason = "stands where a counter may stand")]
    pub(crate) fn add(&self, _counted: Counted) {}

    pub(crate) const fn is_heard() -> bool {
        false
    }
}
