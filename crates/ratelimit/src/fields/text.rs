//! Short texts without a memory of their own.

use std::time::Duration;

use http::HeaderValue;
use smallvec::SmallVec;

/// A header value while it is written.
#[derive(Default)]
pub(super) struct Line {
    bytes: SmallVec<[u8; 128]>,
}

impl Line {
    pub(super) fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: u64) {
        let mut digits = [0_u8; 20];
        let mut rest = number;
        let mut count = 0_usize;
        for digit in digits.iter_mut().rev() {
            let last = rest.checked_rem(10).and_then(|last| u8::try_from(last).ok()).unwrap_or(0);
            *digit = b'0'.saturating_add(last);
            count = count.saturating_add(1);
            rest = rest.checked_div(10).unwrap_or(0);
            if rest == 0 {
                break;
            }
        }
        let start = digits.len().saturating_sub(count);
        self.bytes.extend_from_slice(digits.get(start..).unwrap_or_default());
    }

    /// Returns the value; names and numbers have no byte that it could refuse.
    pub(super) fn value(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.bytes).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
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
    fn numbers_are_written_as_they_are() {
        for number in [0, 7, 10, 4_294_967_295, u64::MAX] {
            let mut line = Line::default();
            line.number(number);
            assert_eq!(line.value(), number.to_string());
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (millis, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (1900, 2)] {
            assert_eq!(Duration::from_millis(millis).seconds_up(), seconds, "{millis}");
        }
    }
}
