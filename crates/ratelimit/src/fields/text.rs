//! Texts of header values.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;

/// A header value while it is written, into the memory that it will have.
pub(super) struct Line {
    bytes: Vec<u8>,
}

impl Line {
    /// Writes a value of so many bytes; one of another length costs another allocation.
    pub(super) fn of(length: usize, write: impl FnOnce(&mut Self)) -> HeaderValue {
        let mut line = Self { bytes: Vec::with_capacity(length) };
        write(&mut line);
        // Names and numbers have no byte that it could refuse.
        HeaderValue::from_maybe_shared(Bytes::from(line.bytes))
            .unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: u64) {
        let mut written = [0_u8; 20];
        let mut rest = number;
        let mut start = written.len();
        for digit in written.iter_mut().rev() {
            let last = rest.checked_rem(10).and_then(|last| u8::try_from(last).ok()).unwrap_or(0);
            *digit = b'0'.saturating_add(last);
            start = start.saturating_sub(1);
            rest = rest.checked_div(10).unwrap_or(0);
            if rest == 0 {
                break;
            }
        }
        self.bytes.extend_from_slice(written.get(start..).unwrap_or_default());
    }
}

/// Returns a number as a value.
pub(crate) fn number(number: u64) -> HeaderValue {
    Line::of(digits(number), |line| line.number(number))
}

/// Returns how many digits a number has.
pub(super) fn digits(number: u64) -> usize {
    let log = number.checked_ilog10().and_then(|log| usize::try_from(log).ok());
    log.unwrap_or(0).saturating_add(1)
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
            let text = number.to_string();
            assert_eq!(digits(number), text.len());
            assert_eq!(super::number(number), text);
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (millis, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (1900, 2)] {
            assert_eq!(Duration::from_millis(millis).seconds_up(), seconds, "{millis}");
        }
    }
}
