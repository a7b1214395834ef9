//! What `palisade-resilience` reads from servers.

use std::time::{Duration, SystemTime};

use palisade_resilience::retry::retry_after;

/// `Retry-After`: digits against a sum of our own, whatever else against its bounds.
///
/// # Panics
///
/// If a rule is broken: that is the finding.
pub fn resilience_retry_after(data: &[u8]) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
    let wait = retry_after(data, now);
    let text = data.trim_ascii();
    if !text.is_empty() && text.len() <= 64 && text.iter().all(u8::is_ascii_digit) {
        let digit = |sum: u64, byte: &u8| (sum * 10 + u64::from(byte - b'0')).min(1 << 40);
        let seconds = text.iter().fold(0, digit).min(u64::from(u32::MAX));
        assert_eq!(wait, Some(Duration::from_secs(seconds)));
    }
    if let Some(wait) = wait {
        assert_eq!(wait.subsec_nanos(), 0, "whole seconds");
        assert!(u32::try_from(wait.as_secs()).is_ok(), "held at 2^32 - 1 s");
        let later = retry_after(data, now + Duration::from_hours(1)).expect("the same value");
        assert!(later <= wait, "a later reader never waits longer");
    }
}
