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
