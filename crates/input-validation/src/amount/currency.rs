//! Currencies.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::issue::{Breach, code};

/// A currency that is in use, by its code of three letters (ISO 4217).
///
/// # Example
///
/// ```
/// use palisade_input_validation::Currency;
///
/// let rupee = Currency::parse("NPR")?;
/// assert_eq!((rupee.code(), rupee.exponent()), ("NPR", 2));
/// assert!(Currency::parse("npr").is_err());
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: &'static str,
    exponent: u8,
}

/// Codes by the number of their decimals, each list in order; metals, funds of settlement and test
/// codes, which have no minor unit, are left out.
const BY_EXPONENT: [(u8, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD \
    CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
    GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD \
    LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB \
    PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP \
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW \
    ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

impl Currency {
    /// Finds the currency of that code, in capitals.
    ///
    /// # Errors
    ///
    /// [`code::CURRENCY`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        let all = BY_EXPONENT.iter().flat_map(|(exponent, codes)| {
            codes.split_ascii_whitespace().map(move |code| Self { code, exponent: *exponent })
        });
        let mut all = all;
        all.find(|currency| currency.code == text).ok_or(Breach::new(code::CURRENCY))
    }

    /// Returns the code of three letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// Returns how many decimals the currency has.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl std::str::FromStr for Currency {
    type Err = Breach;

    fn from_str(text: &str) -> Result<Self, Breach> {
        Self::parse(text)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(crate::macros::ParsedText(Self::parse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_listed_once_and_has_three_capitals() {
        let mut all: Vec<&str> =
            BY_EXPONENT.iter().flat_map(|(_, codes)| codes.split_ascii_whitespace()).collect();
        let listed = all.len();
        assert!(
            all.iter().all(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
        );
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), listed);
    }

    #[test]
    fn exponents_are_those_of_iso_4217() {
        for (text, exponent) in
            [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4), ("ISK", 0), ("MGA", 2)]
        {
            assert_eq!(Currency::parse(text).unwrap().exponent(), exponent, "{text}");
        }
        for text in ["", "EU", "EURO", "XXX", "XTS", "XAU", "DEM", "HRK", "eur", "EUR "] {
            assert!(Currency::parse(text).is_err(), "{text:?}");
        }
    }
}
