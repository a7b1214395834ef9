//! Money.

mod currency;
mod decimal;

use std::fmt;

use serde::de::{self, Deserializer};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::issue::{Arg, Breach, Num, code};

pub use currency::Currency;

/// An amount of money: whole minor units of a currency, never a float, never rounded.
///
/// Read from plain digits with at most the decimals that the currency has (ISO 4217): `12.30` and
/// `12.3` are 1230 cents, `12.345`, `1e3`, `+5`, `1,000` and `NaN` are refused. Amounts are 0 or more
/// unless they are read by [`parse_signed`](Self::parse_signed), and at most 9,007,199,254,740,991
/// units (2^53 - 1), which a JSON number in any language holds (RFC 7493 2.2).
///
/// In JSON an amount is `{"currency":"EUR","value":"12.30"}`; a whole number may stand for the text.
///
/// # Example
///
/// ```
/// use palisade_input_validation::{Amount, Currency};
/// use palisade_input_validation::issue::code;
///
/// let euro = Currency::parse("EUR")?;
/// let price = Amount::parse("12.3", euro)?;
/// assert_eq!((price.minor_units(), price.to_string()), (1230, "12.30".to_owned()));
/// assert_eq!(Amount::parse("0.005", euro).unwrap_err().code(), code::AMOUNT_DECIMALS);
/// let yen = Currency::parse("JPY")?;
/// assert!(price.checked_add(Amount::parse("1", yen)?).is_none());
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

impl Amount {
    /// The most minor units, in either direction.
    pub const MAX: i64 = (1 << 53) - 1;

    /// What is more than anybody pays.
    const RANGE: Breach = Breach::with(code::RANGE, &[Arg::new("max", Num::Int((1 << 53) - 1))]);

    /// Takes minor units, such as cents.
    ///
    /// # Errors
    ///
    /// [`code::RANGE`] beyond [`MAX`](Self::MAX) in either direction.
    pub const fn from_minor(minor: i64, currency: Currency) -> Result<Self, Breach> {
        if minor > Self::MAX || minor < -Self::MAX {
            return Err(Self::RANGE);
        }
        Ok(Self { minor, currency })
    }

    /// Reads an amount of 0 or more.
    ///
    /// # Errors
    ///
    /// [`code::AMOUNT`], [`code::AMOUNT_DECIMALS`] or [`code::RANGE`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, Breach> {
        Self::from_minor(decimal::minor_units(text, currency)?, currency)
    }

    /// Reads an amount that may begin with `-`.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_signed(text: &str, currency: Currency) -> Result<Self, Breach> {
        let Some(digits) = text.strip_prefix('-') else { return Self::parse(text, currency) };
        Self::from_minor(decimal::minor_units(digits, currency)?.saturating_neg(), currency)
    }

    /// Returns whole minor units.
    #[must_use]
    pub const fn minor_units(self) -> i64 {
        self.minor
    }

    /// Returns the currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Adds; `None` if the currencies differ or the sum is beyond [`MAX`](Self::MAX).
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.sum(self.minor.checked_add(other.minor)?, other)
    }

    /// Subtracts; `None` if the currencies differ or the difference is beyond [`MAX`](Self::MAX).
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.sum(self.minor.checked_sub(other.minor)?, other)
    }

    fn sum(self, minor: i64, other: Self) -> Option<Self> {
        (self.currency == other.currency).then_some(())?;
        Self::from_minor(minor, self.currency).ok()
    }
}

/// Digits with all decimals of the currency, without its code.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(self.minor, self.currency.exponent(), f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Amount", 2)?;
        object.serialize_field("currency", &self.currency)?;
        object.serialize_field("value", &decimal::Shown(*self))?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            currency: Currency,
            value: decimal::Written,
        }

        let parts = Parts::deserialize(deserializer)?;
        Self::parse(parts.value.as_str(), parts.currency).map_err(de::Error::custom)
    }
}
