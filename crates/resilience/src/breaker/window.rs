//! What a closed breaker remembers of the last calls.

use super::policy::BreakerPolicy;

/// Counts of the last calls in two halves, and the failures since the last success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    /// Calls in the newer half.
    pub(super) calls: u16,
    /// Failures in the newer half.
    pub(super) failed: u16,
    /// Failures in the older half, where there is one.
    pub(super) older: Option<u16>,
    /// Failures since the last success.
    pub(super) streak: u16,
}

impl Window {
    /// Adds one call and says whether the policy opens now.
    pub(super) fn record(self, policy: &BreakerPolicy, failed: bool) -> (Self, bool) {
        let mut next = self;
        next.streak = if failed { self.streak.saturating_add(1) } else { 0 };
        next.streak = next.streak.min(BreakerPolicy::MAX_FAILURES_IN_A_ROW);
        let mut opens = policy.streak.is_some_and(|limit| next.streak >= limit);
        if let Some(ratio) = policy.ratio {
            if next.calls >= ratio.half {
                next.older = Some(next.failed);
                (next.calls, next.failed) = (0, 0);
            }
            next.calls = next.calls.saturating_add(1);
            next.failed = next.failed.saturating_add(u16::from(failed));
            let older_calls = next.older.map_or(0, |_| ratio.half);
            let calls = u32::from(next.calls.saturating_add(older_calls));
            let failures = u32::from(next.failed.saturating_add(next.older.unwrap_or(0)));
            opens |= calls >= u32::from(ratio.minimum)
                && failures.saturating_mul(100) >= calls.saturating_mul(u32::from(ratio.percent));
        }
        (next, opens && failed)
    }
}
