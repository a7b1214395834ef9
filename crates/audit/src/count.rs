//! Figures for the `metrics` facade; without the feature nothing is counted here.

use std::time::Duration;

use crate::log::{MirrorStats, Stats};

/// The log's account, and how many bytes of events waited for this turn of its thread.
#[cfg(feature = "metrics")]
pub(crate) fn account(stats: &Stats, waited: usize, records: bool) {
    for (outcome, events) in [("stored", stats.stored), ("dropped", stats.dropped)] {
        metrics::counter!("palisade_audit_events_total", "outcome" => outcome).absolute(events);
    }
    metrics::counter!("palisade_audit_offered_total").absolute(stats.offered);
    metrics::counter!("palisade_audit_unsigned_total").absolute(stats.unsigned);
    let waited = u32::try_from(waited).unwrap_or(u32::MAX);
    metrics::gauge!("palisade_audit_queue_bytes").set(waited);
    metrics::gauge!("palisade_audit_recording").set(if records { 1.0 } else { 0.0 });
}

/// How far a mirror has come.
#[cfg(feature = "metrics")]
pub(crate) fn mirror(stats: &MirrorStats) {
    let lag = u32::try_from(stats.lag).unwrap_or(u32::MAX);
    metrics::gauge!("palisade_audit_mirror_lag_events", "mirror" => stats.name).set(lag);
    for (name, number) in [
        ("palisade_audit_mirror_failures_total", stats.failures),
        ("palisade_audit_mirror_missed_total", stats.missed),
    ] {
        metrics::counter!(name, "mirror" => stats.name).absolute(number);
    }
}

/// A sync, and whether it was one.
#[cfg(feature = "metrics")]
pub(crate) fn synced(time: Duration, done: bool) {
    metrics::histogram!("palisade_audit_sync_seconds").record(time);
    metrics::counter!("palisade_audit_sync_failures_total").increment(u64::from(!done));
}

/// A segment that is never touched again.
#[cfg(feature = "metrics")]
pub(crate) fn poisoned() {
    metrics::counter!("palisade_audit_poisoned_total").increment(1);
}

#[cfg(not(feature = "metrics"))]
pub(crate) const fn account(_: &Stats, _: usize, _: bool) {}

#[cfg(not(feature = "metrics"))]
pub(crate) const fn mirror(_: &MirrorStats) {}

#[cfg(not(feature = "metrics"))]
pub(crate) const fn synced(_: Duration, _: bool) {}

#[cfg(not(feature = "metrics"))]
pub(crate) const fn poisoned() {}
