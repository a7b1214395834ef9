//! Orders of a list.

use palisade_input_validation::{Direction, Sort, SortKey};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, SortKey)]
#[serde(rename_all = "camelCase")]
enum Order {
    CreatedAt,
    #[serde(rename = "name")]
    #[sort(column = "students.family_name")]
    FamilyName,
}

/// Lists of injection attempts: none names a key.
#[test]
fn only_offered_names_are_taken() {
    for text in [
        "",
        "-",
        "--createdAt",
        "+createdAt",
        "created_at",
        "CreatedAt",
        "createdAt ",
        "createdAt,name",
        "createdAt; DROP TABLE students",
        "1",
        "(SELECT 1)",
        "createdAt DESC",
        "name\0",
        "family_name",
        "name' OR '1'='1",
        "name--",
        "name/**/",
        "-name\n",
    ] {
        assert!(text.parse::<Sort<Order>>().is_err(), "{text:?}");
    }
    let sort: Sort<Order> = "-name".parse().unwrap();
    assert_eq!((sort.column(), sort.direction()), ("students.family_name", Direction::Descending));
    assert_eq!(sort.to_string(), "-name");
    assert_eq!(
        serde_json::from_str::<Sort<Order>>("\"createdAt\"").unwrap().column(),
        "created_at"
    );
}

proptest! {
    #[test]
    fn no_text_reaches_sql(text in "\\PC{0,30}") {
        if let Ok(sort) = text.parse::<Sort<Order>>() {
            prop_assert!(["created_at", "students.family_name"].contains(&sort.column()));
        }
    }
}
