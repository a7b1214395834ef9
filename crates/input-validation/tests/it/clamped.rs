//! Numbers that are corrected.

use palisade_input_validation::{Clamped, Page, PerPage};
use proptest::prelude::*;
use serde::Deserialize;

use crate::events::listen;

type Size = Clamped<u32, 1, 100, 20>;

fn read(json: &str) -> u32 {
    serde_json::from_str::<Size>(json).unwrap().get()
}

#[test]
fn whatever_stands_there_becomes_a_number_within_the_bounds() {
    let table = [
        ("5", 5),
        ("0", 1),
        ("-1", 1),
        ("101", 100),
        ("18446744073709551615", 100),
        ("99999999999999999999999999", 100),
        ("-99999999999999999999999999", 1),
        ("1e300", 100),
        ("2.5", 20),
        ("\"7\"", 7),
        ("\"+7\"", 7),
        ("\"-7\"", 1),
        ("\"NaN\"", 20),
        ("\"inf\"", 20),
        ("\"\"", 20),
        ("\"-\"", 20),
        ("\"1e9\"", 20),
        ("\" 7\"", 20),
        ("\"\u{663}\"", 20),
        ("\"1 OR 1=1\"", 20),
        ("null", 20),
        ("true", 20),
        ("[1, [2]]", 20),
        ("{\"a\": {\"b\": 1}}", 20),
    ];
    for (json, expected) in table {
        assert_eq!(read(json), expected, "{json}");
    }
}

/// Validators that test "not below and not above" let it pass.
#[test]
fn nan_is_no_number() {
    let deserializer = serde::de::value::F64Deserializer::<serde::de::value::Error>::new(f64::NAN);
    assert_eq!(Size::deserialize(deserializer).unwrap().get(), 20);
}

#[test]
fn a_correction_is_told_without_the_value() {
    let told = listen(|| assert_eq!(read("424242"), 100));
    let expected = "palisade::security event=\"input_validation_fail\" min=1 max=100";
    assert!(told[0].contains("a number was corrected"), "{told:?}");
    assert!(expected.split(' ').all(|part| told[0].contains(part)), "{told:?}");
    assert!(!told[0].contains("424242"));
    assert!(listen(|| assert_eq!(read("7"), 7)).is_empty());
}

#[test]
fn the_bounds_of_every_type_can_be_reached() {
    type Small = Clamped<i8, -128, 127, 0>;
    type Wide = Clamped<u64, 0, { i64::MAX }, 0>;
    assert_eq!(Small::parse("-1000").get(), -128);
    assert_eq!(Small::parse("1000").get(), 127);
    assert_eq!(Wide::new(u64::MAX).get(), i64::MAX.unsigned_abs());
}

proptest! {
    #[test]
    fn no_json_fails_and_no_number_leaves_the_bounds(text in "\\PC{0,20}", number: i128, real: f64) {
        for value in [serde_json::json!(text), serde_json::json!(real), serde_json::json!([text])] {
            let size: Size = serde_json::from_value(value).unwrap();
            prop_assert!((1..=100).contains(&size.get()));
        }
        let size = Size::parse(&number.to_string());
        prop_assert_eq!(i128::from(size.get()), number.clamp(1, 100));
    }

    #[test]
    fn every_page_has_an_offset_that_databases_take(page: u32, size: u32) {
        let offset = Page::new(page).offset(PerPage::<100, 20>::new(size));
        prop_assert!(offset <= 10_000 * 100);
        prop_assert!(i64::try_from(offset).is_ok());
    }
}
