//! Money.

use palisade_input_validation::issue::{Code, code};
use palisade_input_validation::{Amount, Currency};
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn euro(text: &str) -> Result<i64, Code> {
    let read = Amount::parse_signed(text, currency("EUR"));
    read.map(Amount::minor_units).map_err(|breach| breach.code())
}

#[test]
fn an_amount_is_plain_digits_and_is_never_rounded() {
    let table = [
        ("0", Ok(0)),
        ("12", Ok(1200)),
        ("12.3", Ok(1230)),
        ("12.34", Ok(1234)),
        ("-0.01", Ok(-1)),
        ("90071992547409.91", Ok(Amount::MAX)),
        ("90071992547409.92", Err(code::RANGE)),
        ("999999999999999999999999999999", Err(code::RANGE)),
        ("0.005", Err(code::AMOUNT_DECIMALS)),
        ("0.999999999999999999", Err(code::AMOUNT_DECIMALS)),
        ("1.10000", Err(code::AMOUNT_DECIMALS)),
        ("", Err(code::AMOUNT)),
        (".5", Err(code::AMOUNT)),
        ("5.", Err(code::AMOUNT)),
        ("1.2.3", Err(code::AMOUNT)),
        ("+5", Err(code::AMOUNT)),
        ("--5", Err(code::AMOUNT)),
        ("007", Err(code::AMOUNT)),
        ("1e3", Err(code::AMOUNT)),
        ("1,000", Err(code::AMOUNT)),
        ("1 000", Err(code::AMOUNT)),
        ("NaN", Err(code::AMOUNT)),
        ("Infinity", Err(code::AMOUNT)),
        ("\u{661}\u{662}", Err(code::AMOUNT)),
        ("12.3\n", Err(code::AMOUNT)),
    ];
    for (text, expected) in table {
        assert_eq!(euro(text), expected, "{text:?}");
    }
    assert!(Amount::parse("-1", currency("EUR")).is_err(), "a price below nothing");
}

#[test]
fn the_decimals_are_those_of_the_currency() {
    let table = [("JPY", "100", 100), ("KWD", "1.005", 1005), ("CLF", "1.0001", 10001)];
    for (code, text, minor) in table {
        let amount = Amount::parse(text, currency(code)).unwrap();
        assert_eq!((amount.minor_units(), amount.to_string().as_str()), (minor, text));
    }
    assert!(Amount::parse("100.5", currency("JPY")).is_err());
    assert_eq!(Amount::from_minor(-5, currency("EUR")).unwrap().to_string(), "-0.05");
}

#[test]
fn json_holds_a_text_or_a_whole_number_and_never_a_float() {
    let read = |json: &str| serde_json::from_str::<Amount>(json).map(Amount::minor_units).ok();
    let table = [
        (r#"{"currency":"EUR","value":"12.30"}"#, Some(1230)),
        (r#"{"value":12,"currency":"EUR"}"#, Some(1200)),
        (r#"{"currency":"EUR","value":12.3}"#, None),
        (r#"{"currency":"EUR","value":1e2}"#, None),
        (r#"{"currency":"EUR","value":-1}"#, None),
        (r#"{"currency":"EUR","value":"1","fee":0}"#, None),
        (r#"{"currency":"EUR","currency":"JPY","value":"1"}"#, None),
        (r#"{"currency":"XXX","value":"1"}"#, None),
        (r#"{"currency":"EUR"}"#, None),
        (r#""12.30""#, None),
    ];
    for (json, expected) in table {
        assert_eq!(read(json), expected, "{json}");
    }
}

#[test]
fn sums_stay_within_one_currency_and_the_bound() {
    let cents = |minor| Amount::from_minor(minor, currency("EUR")).unwrap();
    assert_eq!(cents(1).checked_add(cents(2)), Some(cents(3)));
    assert_eq!(cents(1).checked_sub(cents(2)), Some(cents(-1)));
    assert_eq!(cents(Amount::MAX).checked_add(cents(1)), None);
    assert_eq!(cents(-Amount::MAX).checked_sub(cents(1)), None);
    let yen = Amount::from_minor(1, currency("JPY")).unwrap();
    assert_eq!(cents(1).checked_add(yen), None);
    assert!(Amount::from_minor(i64::MIN, currency("EUR")).is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(minor in -Amount::MAX..=Amount::MAX, at in 0_usize..4) {
        let currency = currency(["JPY", "EUR", "KWD", "CLF"][at]);
        let amount = Amount::from_minor(minor, currency).unwrap();
        prop_assert_eq!(Amount::parse_signed(&amount.to_string(), currency), Ok(amount));
        if minor >= 0 {
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
        }
    }
}
