//! Texts of header values.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;

/// Makes a value of a text whose capacity is its length, without copying it.
pub(super) fn value(text: String) -> HeaderValue {
    // Names and numbers have no byte that it could refuse.
    HeaderValue::from_maybe_shared(Bytes::from(text))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Returns a number as a value, in one allocation; the conversion of `HeaderValue` takes two.
pub(crate) fn number(number: u64) -> HeaderValue {
    value(itoa::Buffer::new().format(number).to_owned())
}

/// Whole seconds, rounded up.
pub(crate) trait Seconds {
    /// Returns them.
    fn seconds_up(self) -> u64;
}

impl Seconds for Duration {
    fn seconds_up(self) -> u64 {
        self.as_secs().saturating_add(u64::from(self.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up() {
        for (millis, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (1900, 2)] {
            assert_eq!(Duration::from_millis(millis).seconds_up(), seconds, "{millis}");
        }
    }
}
