//! Digits and decimals.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::{Amount, Currency};
use crate::issue::{Arg, Breach, code};

const AMOUNT: Breach = Breach::new(code::AMOUNT);

/// Decimals of each exponent that ISO 4217 has.
const DECIMALS: [Breach; 5] = [
    Breach::with(code::AMOUNT_DECIMALS, &[Arg::of("max", 0)]),
    Breach::with(code::AMOUNT_DECIMALS, &[Arg::of("max", 1)]),
    Breach::with(code::AMOUNT_DECIMALS, &[Arg::of("max", 2)]),
    Breach::with(code::AMOUNT_DECIMALS, &[Arg::of("max", 3)]),
    Breach::with(code::AMOUNT_DECIMALS, &[Arg::of("max", 4)]),
];

/// Reads `12`, `12.3` or `12.34`; what is too much becomes the greatest number.
pub(super) fn minor_units(text: &str, currency: Currency) -> Result<i64, Breach> {
    let exponent = usize::from(currency.exponent());
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || decimals.is_some_and(|decimals| !digits(decimals)) {
        return Err(AMOUNT);
    }
    // `007` is a number of something, not an amount of it.
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(AMOUNT);
    }
    let decimals = decimals.unwrap_or_default();
    if decimals.len() > exponent {
        return Err(DECIMALS.get(exponent).copied().unwrap_or(AMOUNT));
    }
    let padding = std::iter::repeat_n(b'0', exponent.saturating_sub(decimals.len()));
    let all = whole.bytes().chain(decimals.bytes()).chain(padding);
    Ok(all.fold(0_i64, |sum, byte| {
        sum.saturating_mul(10).saturating_add(i64::from(byte.saturating_sub(b'0')))
    }))
}

pub(super) fn write(minor: i64, exponent: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if minor < 0 { "-" } else { "" };
    let unit = 10_u64.saturating_pow(u32::from(exponent));
    let minor = minor.unsigned_abs();
    let (whole, rest) =
        (minor.checked_div(unit).unwrap_or(0), minor.checked_rem(unit).unwrap_or(0));
    match exponent {
        0 => write!(f, "{sign}{whole}"),
        _ => write!(f, "{sign}{whole}.{rest:0width$}", width = usize::from(exponent)),
    }
}

/// An amount as a text in JSON.
pub(super) struct Shown(pub(super) Amount);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The digits of a text, or of a whole number.
pub(super) struct Written {
    digits: String,
}

impl Written {
    pub(super) fn as_str(&self) -> &str {
        &self.digits
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text of digits or a whole number")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Written, E> {
        Ok(Written { digits: number.to_string() })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
        // 16 digits, a dot and 4 decimals; all others are refused without a copy.
        if text.len() > 32 {
            Err(E::custom(AMOUNT))
        } else {
            Ok(Written { digits: text.to_owned() })
        }
    }
}
