//! draft-ietf-httpapi-ratelimit-headers-10, sections 4 and 5.

use http::{HeaderName, HeaderValue};

use super::text::{Line, Seconds};
use super::{Shown, Written};
use crate::quota::Quota;

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Writes the item of a policy: `"api";q=100;w=3600`.
///
/// The window is in whole seconds: a shorter one is told as the quota of a second.
pub(super) fn policy(name: &str, quota: Quota) -> HeaderValue {
    let mut line = Line::default();
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
    line.value()
}

pub(super) fn write(shown: &[Shown<'_>], written: &mut Written) {
    let mut line = Line::default();
    for (position, Shown { prepared, remaining, next, .. }) in shown.iter().enumerate() {
        line.text(if position > 0 { ", " } else { "" });
        line.text(&prepared.name);
        line.text(";r=");
        line.number(u64::from(*remaining));
        if !next.is_zero() {
            line.text(";t=");
            line.number(next.seconds_up());
        }
    }
    written.push((RATELIMIT, line.value()));
    if let [only] = shown {
        written.push((RATELIMIT_POLICY, only.prepared.policy.clone()));
        return;
    }
    let mut line = Line::default();
    for (position, Shown { prepared, .. }) in shown.iter().enumerate() {
        line.text(if position > 0 { ", " } else { "" });
        line.text(prepared.policy.to_str().unwrap_or_default());
    }
    written.push((RATELIMIT_POLICY, line.value()));
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
