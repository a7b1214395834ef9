//! The date and time of an event, to the microsecond, in UTC.

use std::time::{Duration, SystemTime};

const DAY: i64 = 86_400;

/// Returns microseconds since 1970, held at the years 1970 and 9999.
pub(crate) fn micros(time: SystemTime) -> i64 {
    const LAST: i64 = 253_402_300_799_999_999;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_micros()).unwrap_or(LAST).min(LAST)
}

/// Appends `2026-11-30T03:01:49.123456Z`.
pub(super) fn write(out: &mut Vec<u8>, time: SystemTime) {
    let micros = micros(time);
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    for (place, number) in [
        (0..4, year),
        (5..7, month),
        (8..10, day),
        (11..13, hour),
        (14..16, minute),
        (17..19, second),
        (20..26, micros),
    ] {
        digits(text.get_mut(place).unwrap_or_default(), number);
    }
    out.extend_from_slice(&text);
}

/// Reads a time in UTC, `2026-11-30T03:01:49.123456Z`, with up to six digits behind the second.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let time = palisade_audit::parse_time("1970-01-01T00:00:01.5Z");
/// assert_eq!(time, Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1500)));
/// assert_eq!(palisade_audit::parse_time("yesterday"), None);
/// ```
#[must_use]
pub fn parse(text: &str) -> Option<SystemTime> {
    let micros = u64::try_from(parse_micros(text)?).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(micros))
}

/// Reads what [`write`] writes, as microseconds since 1970.
pub(crate) fn parse_micros(text: &str) -> Option<i64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-');
    let (year, month, day) =
        (number(date.next()?, 4)?, number(date.next()?, 2)?, number(date.next()?, 2)?);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.split(':');
    let (hour, minute, second) =
        (number(clock.next()?, 2)?, number(clock.next()?, 2)?, number(clock.next()?, 2)?);
    let legal = date.next().is_none()
        && clock.next().is_none()
        && (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && !fraction.is_empty()
        && fraction.len() <= 6;
    let micros = number(&format!("{fraction:0<6}"), 6).filter(|_| legal)?;
    let days = days(year, month, day)?;
    // A day that its month does not have would be another date.
    (civil(days) == (year, month, day)).then_some(())?;
    let minutes = days.checked_mul(24)?.checked_add(hour)?.checked_mul(60)?.checked_add(minute)?;
    minutes.checked_mul(60)?.checked_add(second)?.checked_mul(1_000_000)?.checked_add(micros)
}

fn number(text: &str, length: usize) -> Option<i64> {
    let plain = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The date of a day after 1970 (Hinnant, "chrono-compatible low-level date algorithms").
#[expect(clippy::arithmetic_side_effects, reason = "every number here is below 10^10")]
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// The day after 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = if month > 2 { month.checked_sub(3)? } else { month.checked_add(9)? };
    let of_year =
        (153_i64.checked_mul(shifted)?.checked_add(2)? / 5).checked_add(day)?.checked_sub(1)?;
    let in_era = of_era.checked_mul(365)?.checked_add(of_era / 4)?.checked_sub(of_era / 100)?;
    era.checked_mul(146_097)?.checked_add(in_era)?.checked_add(of_year)?.checked_sub(719_468)
}

fn digits(place: &mut [u8], number: i64) {
    // No field has more than six digits.
    let mut number = u32::try_from(number).unwrap_or(0);
    for digit in place.iter_mut().rev() {
        *digit = b'0'.saturating_add(u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(micros: u64) -> String {
        let mut out = Vec::new();
        write(&mut out, SystemTime::UNIX_EPOCH + Duration::from_micros(micros));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let table = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (u64::MAX, "9999-12-31T23:59:59.999999Z"),
        ];
        for (micros, text) in table {
            assert_eq!(written(micros), text);
        }
        assert_eq!(
            parse_micros("2026-11-30T03:01:49Z"),
            parse_micros("2026-11-30T03:01:49.000000Z")
        );
        for wrong in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-30 03:01:49Z",
            "",
            "2026-11-30T24:00:00Z",
            "2026-11-30T03:01:49+01:00",
            "2026-11-30T03:01:49.Z",
            "1969-12-31T23:59:59Z",
            "2026-11-30T3:01:49Z",
        ] {
            assert_eq!(parse_micros(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(micros in 0..=253_402_300_799_999_999_u64) {
            prop_assert_eq!(parse_micros(&written(micros)), i64::try_from(micros).ok());
        }
    }
}
