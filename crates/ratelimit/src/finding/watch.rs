//! Each finding once an hour, refusals a few a second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::SecurityEvent;

use super::Finding;
use crate::quota::{Gcra, Step};

/// How long a finding that has been told stays untold.
const PAUSE: Duration = Duration::from_hours(1);

/// How many refusals are told one by one: 10 at once, 10 a second.
const TOLD: Gcra = Gcra::new(100_000_000, 10);

/// Tells findings and refusals; its memory is fixed and nothing waits for a lock.
pub(crate) struct Watch {
    /// When each finding may be told again, in nanoseconds since the start.
    silent_until: [AtomicU64; Finding::ALL.len()],
    refusals: AtomicU64,
    untold: AtomicU64,
}

impl Watch {
    pub(crate) const fn new() -> Self {
        Self {
            silent_until: [const { AtomicU64::new(0) }; Finding::ALL.len()],
            refusals: AtomicU64::new(0),
            untold: AtomicU64::new(0),
        }
    }

    /// Reports the finding unless it was reported within the hour; `rule` is a name of the program.
    pub(crate) fn tell(&self, finding: Finding, rule: Option<&str>, now: Duration) {
        let Some(silent_until) = self.silent_until.get(finding.position()) else { return };
        let now = nanos(now);
        let until = silent_until.load(Ordering::Relaxed);
        if now < until {
            return;
        }
        let again = now.saturating_add(nanos(PAUSE));
        // Of several threads that find the same, the one that writes tells.
        let (load, store) = (Ordering::Relaxed, Ordering::Relaxed);
        if silent_until.compare_exchange(until, again, store, load).is_err() {
            return;
        }
        tracing::warn!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::Misconfiguration.as_str(),
            code = finding.code(),
            rule,
            meaning = finding.meaning(),
            fix = finding.fix(),
            "the traffic contradicts the rules"
        );
    }

    /// Says whether a refusal is told, and how many were not since the last one that was.
    pub(crate) fn tells_refusal(&self, now: Duration) -> Option<u64> {
        let now = nanos(now).saturating_add(1);
        let tat = self.refusals.load(Ordering::Relaxed);
        let told = match TOLD.decide(tat, now, 1) {
            Step::Admitted { tat: next } => {
                let order = Ordering::Relaxed;
                self.refusals.compare_exchange(tat, next, order, order).is_ok()
            }
            Step::Early { .. } | Step::Never => false,
        };
        if told {
            return Some(self.untold.swap(0, Ordering::Relaxed));
        }
        self.untold.fetch_add(1, Ordering::Relaxed);
        None
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_told_ten_times_a_second_and_counted() {
        let watch = Watch::new();
        let told = (0..1000).filter_map(|_| watch.tells_refusal(Duration::ZERO)).count();
        assert_eq!(told, 10);
        assert_eq!(watch.tells_refusal(Duration::from_secs(1)), Some(990));
    }
}
