//! draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4.

use http::{HeaderName, HeaderValue};

use super::Shown;
use super::text::{Line, Seconds, digits};
use crate::quota::Quota;

pub(super) static RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) static RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Writes the item of a policy: `"api";q=100;w=3600`.
///
/// The window is in whole seconds: a shorter one is told as the quota of a second.
pub(super) fn policy(name: &str, quota: Quota) -> HeaderValue {
    Line::of(name.len(), |line| write_policy(line, name, quota))
}

fn write_policy(line: &mut Line, name: &str, quota: Quota) {
    line.text("\"");
    line.text(name);
    line.text("\";q=");
    match quota.window() {
        None => {
            line.number(quota.count().into());
            line.text(";qu=\"concurrent-requests\"");
        }
        Some(window) => {
            let seconds = window.as_secs().max(1);
            let count = u128::from(quota.count());
            let nanos = u128::from(seconds).saturating_mul(1_000_000_000);
            // As much as is earned in the seconds that are told, rounded down.
            let told = count.saturating_mul(nanos).checked_div(window.as_nanos()).unwrap_or(count);
            let largest = 999_999_999_999_999; // RFC 9651 3.3.1
            line.number(u64::try_from(told).unwrap_or(largest).min(largest));
            line.text(";w=");
            line.number(seconds);
        }
    }
}

/// Writes both fields.
pub(super) fn write(shown: &[Shown<'_>]) -> [HeaderValue; 2] {
    let counts = Line::of(length(shown), |line| {
        for (position, Shown { prepared, remaining, next, .. }) in shown.iter().enumerate() {
            if position > 0 {
                line.text(", ");
            }
            line.text(&prepared.head);
            line.number(u64::from(*remaining));
            if !next.is_zero() {
                line.text(";t=");
                line.number(next.seconds_up());
            }
        }
    });
    if let [only] = shown {
        return [counts, only.prepared.policy.clone()];
    }
    let policies = || shown.iter().map(|Shown { prepared, .. }| &prepared.policy);
    let room = policies().map(|policy| policy.len().saturating_add(2)).sum();
    let policies = Line::of(room, |line| {
        for (position, policy) in policies().enumerate() {
            if position > 0 {
                line.text(", ");
            }
            line.text(policy.to_str().unwrap_or_default());
        }
    });
    [counts, policies]
}

/// Returns how long the line of counts is.
fn length(shown: &[Shown<'_>]) -> usize {
    let one = |Shown { prepared, remaining, next, .. }: &Shown<'_>| {
        let wait = if next.is_zero() { 0 } else { digits(next.seconds_up()).saturating_add(3) };
        let counted = prepared.head.len().saturating_add(digits(u64::from(*remaining)));
        counted.saturating_add(wait).saturating_add(2)
    };
    shown.iter().map(one).fold(0, usize::saturating_add).saturating_sub(2)
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
