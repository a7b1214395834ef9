//! Quotas as text: `5 per minute, strict`, as they say themselves.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::quota::Quota;

/// A text that is no quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a quota is `5 per minute`, `100 per hour, burst 10`, `5 per minute, strict`, `3 per 90s` or \
     `2 at a time`"
)]
#[non_exhaustive]
pub struct QuotaTextError;

impl FromStr for Quota {
    type Err = QuotaTextError;

    fn from_str(text: &str) -> Result<Self, QuotaTextError> {
        let (rate, more) = match text.split_once(',') {
            Some((rate, more)) => (rate.trim(), Some(more.trim())),
            None => (text.trim(), None),
        };
        let (count, unit) = rate.split_once(' ').ok_or(QuotaTextError)?;
        let count = number(count)?;
        let quota = match unit.trim() {
            "at a time" => Self::concurrent(count),
            unit => {
                let unit = unit.strip_prefix("per ").ok_or(QuotaTextError)?;
                per(count, unit.trim())?
            }
        };
        match more {
            None => Ok(quota),
            Some("strict") if quota.concurrency().is_none() => Ok(quota.strict()),
            Some(more) if quota.concurrency().is_none() => {
                Ok(quota.burst(number(more.strip_prefix("burst ").ok_or(QuotaTextError)?)?))
            }
            Some(_) => Err(QuotaTextError),
        }
    }
}

fn per(count: u32, unit: &str) -> Result<Quota, QuotaTextError> {
    Ok(match unit {
        "second" => Quota::per_second(count),
        "minute" => Quota::per_minute(count),
        "hour" => Quota::per_hour(count),
        "day" => Quota::per_day(count),
        _ => {
            let digits = unit.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let length = u64::from(number(digits)?);
            let window = match unit.get(digits.len()..) {
                Some("ms") => Duration::from_millis(length),
                Some("s") => Duration::from_secs(length),
                Some("m") => Duration::from_mins(length),
                Some("h") => Duration::from_hours(length),
                Some("d") => Duration::from_hours(length.saturating_mul(24)),
                _ => return Err(QuotaTextError),
            };
            Quota::per(count, window).map_err(|_| QuotaTextError)?
        }
    })
}

/// Reads digits and nothing else.
fn number(text: &str) -> Result<u32, QuotaTextError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QuotaTextError);
    }
    text.parse().map_err(|_| QuotaTextError)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_quota_is_refused() {
        for text in [
            "",
            "5",
            "5 per",
            "per minute",
            "5/min",
            "-5 per minute",
            "5 per minutes",
            "5 per 0s",
            "5 per 1y",
            "5 per minute, burst",
            "5 per minute, loose",
            "2 at a time, strict",
            "99999999999 per hour",
            "5 per 99999999h",
            "+5 per hour",
            "5 per minute strict",
        ] {
            assert_eq!(text.parse::<Quota>(), Err(QuotaTextError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_quota_is_read_as_it_says_itself(
            count in 0_u32..100_000, burst in prop::option::of(0_u32..1000), strict in any::<bool>(),
            seconds in 1_u32..10_000,
        ) {
            let mut quota = Quota::per(count, Duration::from_secs(seconds.into())).unwrap();
            if strict {
                quota = quota.strict();
            } else if let Some(burst) = burst {
                quota = quota.burst(burst);
            }
            prop_assert_eq!(quota.to_string().parse(), Ok(quota));
        }

        #[test]
        fn any_text_is_a_quota_or_not(text in "\\PC{0,30}") {
            if let Ok(quota) = text.parse::<Quota>() {
                prop_assert_eq!(quota.to_string().parse(), Ok(quota));
            }
        }
    }
}
