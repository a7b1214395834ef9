//! Counters, where the feature `metrics` is on.

/// Adds one to a counter; labels are `&'static str` of closed sets.
macro_rules! count {
    ($name:literal $(, $label:literal => $value:expr)*) => {{
        #[cfg(feature = "metrics")]
        metrics::counter!($name $(, $label => $value)*).increment(1);
        #[cfg(not(feature = "metrics"))]
        $crate::count::uncounted(&[$($value),*]);
    }};
}

pub(crate) use count;

#[cfg(not(feature = "metrics"))]
#[expect(clippy::missing_const_for_fn, reason = "stands where a counter may stand")]
pub(crate) fn uncounted(_labels: &[&'static str]) {}

/// A counter on a hot path: its labels are made once, so that counting allocates nothing here.
pub(crate) struct Counted {
    #[cfg(feature = "metrics")]
    key: metrics::Key,
}

#[cfg(feature = "metrics")]
impl Counted {
    pub(crate) fn new(name: &'static str, labels: &[(&'static str, &'static str)]) -> Self {
        let labels =
            labels.iter().map(|(name, value)| metrics::Label::from_static_parts(name, value));
        let labels: Vec<_> = labels.collect();
        Self { key: metrics::Key::from_parts(name, labels) }
    }

    pub(crate) fn add(&self) {
        static METADATA: metrics::Metadata<'static> =
            metrics::Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));
        metrics::with_recorder(|recorder| recorder.register_counter(&self.key, &METADATA))
            .increment(1);
    }
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::missing_const_for_fn, reason = "stands where a counter may stand")]
impl Counted {
    pub(crate) fn new(_name: &'static str, _labels: &[(&'static str, &'static str)]) -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, reason = "stands where a counter may stand")]
    pub(crate) fn add(&self) {}
}
