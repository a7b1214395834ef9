//! Dates as people and machines read them: RFC 3339, in UTC, to the microsecond.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// Appends a moment, as `2026-11-30T08:15:00.000123Z`; one before 1970 is written as 1970.
pub(crate) fn push(out: &mut String, moment: SystemTime) {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, second) = (since.as_secs() / DAY, since.as_secs() % DAY);
    let (year, month, day) = civil(days);
    digits(out, year, 4);
    out.push('-');
    digits(out, month, 2);
    out.push('-');
    digits(out, day, 2);
    out.push('T');
    digits(out, second / 3600, 2);
    out.push(':');
    digits(out, second / 60 % 60, 2);
    out.push(':');
    digits(out, second % 60, 2);
    out.push('.');
    digits(out, u64::from(since.subsec_micros()), 6);
    out.push('Z');
}

/// The date of a day after 1970-01-01, by the proleptic Gregorian calendar; the year begins in March
/// while it is counted, so that the leap day is its last.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "no product or sum of a day number below 2^48 leaves u64, and each difference is of a larger number"
)]
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let early = if month <= 2 { 1 } else { 0 };
    (year_of_era + era * 400 + early, month, day)
}

/// Appends the last `width` digits of a number.
fn digits(out: &mut String, number: u64, width: u32) {
    for position in (0..width).rev() {
        let digit = number.checked_div(10_u64.pow(position)).unwrap_or(0) % 10;
        out.push(u32::try_from(digit).ok().and_then(|d| char::from_digit(d, 10)).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use proptest::prelude::*;
    use time::OffsetDateTime;

    use super::*;

    fn shown(since: Duration) -> String {
        let mut out = String::new();
        push(&mut out, UNIX_EPOCH + since);
        out
    }

    #[test]
    fn days_that_are_easily_wrong() {
        let table = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000000Z"),
            (1_798_761_599, "2026-12-31T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ];
        for (seconds, expected) in table {
            assert_eq!(shown(Duration::from_secs(seconds)), expected);
        }
        let mut out = String::new();
        push(&mut out, UNIX_EPOCH - Duration::from_secs(1));
        assert_eq!(out, "1970-01-01T00:00:00.000000Z");
    }

    proptest! {
        #[test]
        fn agrees_with_another_calendar(micros in 0_u64..253_402_300_800_000_000) {
            let since = Duration::from_micros(micros);
            let other = OffsetDateTime::UNIX_EPOCH + since;
            let (hour, minute, second, micro) = other.to_hms_micro();
            let expected = format!(
                "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z",
                other.year(), u8::from(other.month()), other.day()
            );
            prop_assert_eq!(shown(since), expected);
        }
    }
}
