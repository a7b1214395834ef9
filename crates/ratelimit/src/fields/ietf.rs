//! draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4.

use http::{HeaderName, HeaderValue};

use super::Shown;
use super::text::{Seconds, value};
use crate::quota::Quota;

pub(super) static RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) static RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The largest integer of RFC 9651 3.3.1.
const LARGEST: u64 = 999_999_999_999_999;

/// Writes the item of a policy: `"api";q=100;w=3600`.
///
/// The window is in whole seconds: a shorter one is told as the quota of a second.
pub(super) fn policy(name: &str, quota: Quota) -> HeaderValue {
    let Some(window) = quota.window() else {
        return value(format!("\"{name}\";q={};qu=\"concurrent-requests\"", quota.count()));
    };
    let seconds = window.as_secs().max(1);
    let count = u128::from(quota.count());
    let nanos = u128::from(seconds).saturating_mul(1_000_000_000);
    // As much as is earned in the seconds that are told, rounded down.
    let told = count.saturating_mul(nanos).checked_div(window.as_nanos()).unwrap_or(count);
    let told = u64::try_from(told).unwrap_or(LARGEST).min(LARGEST);
    value(format!("\"{name}\";q={told};w={seconds}"))
}

/// Writes both fields.
pub(super) fn write(shown: &[Shown<'_>]) -> [HeaderValue; 2] {
    if let [only] = shown {
        return [value(counts(only)), only.prepared.policy.clone()];
    }
    let policies = shown.iter().map(|shown| shown.prepared.policy.to_str().unwrap_or_default());
    let policies: Vec<&str> = policies.collect();
    let counts: Vec<String> = shown.iter().map(counts).collect();
    [value(counts.join(", ")), value(policies.join(", "))]
}

/// Writes the item of how a policy stands: `"api";r=0;t=12`.
fn counts(Shown { prepared, remaining, next, .. }: &Shown<'_>) -> String {
    let mut left = itoa::Buffer::new();
    let left = left.format(*remaining);
    if next.is_zero() {
        return [&prepared.head, left].concat();
    }
    [&prepared.head, left, ";t=", itoa::Buffer::new().format(next.seconds_up())].concat()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn policies_are_written_as_the_draft_does() {
        let table = [
            (Quota::per_hour(100), "\"p\";q=100;w=3600"),
            (Quota::per_minute(5).strict(), "\"p\";q=5;w=60"),
            (Quota::concurrent(2), "\"p\";q=2;qu=\"concurrent-requests\""),
            (Quota::per(5, Duration::from_millis(100)).unwrap(), "\"p\";q=50;w=1"),
            (Quota::per(3, Duration::from_millis(1500)).unwrap(), "\"p\";q=2;w=1"),
            (Quota::per_hour(0), "\"p\";q=0;w=3600"),
        ];
        for (quota, expected) in table {
            assert_eq!(policy("p", quota), expected, "{quota}");
        }
    }
}
