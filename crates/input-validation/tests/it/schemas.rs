//! One constant, three uses.

use std::sync::LazyLock;

use jsonschema::Validator;
use palisade_input_validation::{Check, from_json};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::checks::{GOOD, Signup};

static SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&Signup::SCHEMA.to_json_schema()).unwrap());

/// Values near the bounds and of every type.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..300).prop_map(Value::from),
        (-100.0..100.0_f64).prop_map(|number| Value::from(number + 0.25)),
        "[a-z0-9_A-Z ]{0,5}|[a-z]{30,34}|[0-9]{4,6}|\u{e9}{1,4}|at-home|work|office"
            .prop_map(Value::from),
        prop::collection::vec("[a-z]{1,3}|[a-z]{19,21}", 0..12).prop_map(Value::from),
        Just(json!({})),
    ]
}

/// A good sign-up in which some fields are replaced, left out or added.
pub(crate) fn signup() -> impl Strategy<Value = Value> {
    const FIELDS: [&str; 9] = [
        "userName",
        "email",
        "password",
        "passwordConfirm",
        "age",
        "website",
        "tags",
        "address",
        "role",
    ];
    const INSIDE: [&str; 5] = ["zip", "kind", "latitude", "nicknames", "x"];
    let changes = prop::collection::vec((0..FIELDS.len(), prop::option::of(value())), 0..4);
    let inside = prop::collection::vec((0..INSIDE.len(), prop::option::of(value())), 0..2);
    (changes, inside).prop_map(|(changes, inside)| {
        let mut sent: Value = serde_json::from_str(GOOD).unwrap();
        let change = |object: &mut Value, name: &str, value: Option<Value>| {
            let object = object.as_object_mut().unwrap();
            match value {
                Some(value) => object.insert(name.to_owned(), value),
                None => object.remove(name),
            };
        };
        for (at, value) in inside {
            change(&mut sent["address"][0], INSIDE[at], value);
        }
        for (at, value) in changes {
            change(&mut sent, FIELDS[at], value);
        }
        sent
    })
}

/// What JSON Schema has no words for: the form of addresses and links, and rules across fields.
fn expressible(sent: &Value) -> bool {
    let good: Value = serde_json::from_str(GOOD).unwrap();
    let email = sent.get("email").is_none_or(|email| *email == good["email"]);
    let across = sent.get("email").is_some() && sent["email"] == good["email"]
        || sent["age"].as_u64().is_some_and(|age| age < 18);
    let website = sent.get("website").is_none_or(|site| site.is_null() || *site == good["website"]);
    let names = sent["address"][0]["nicknames"].as_array().cloned().unwrap_or_default();
    let distinct = names.iter().enumerate().all(|(at, name)| !names[..at].contains(name));
    email && across && website && distinct && sent["password"] == sent["passwordConfirm"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_schema_accepts_exactly_what_check_accepts(sent in signup()) {
        let ours = from_json::<Signup>(sent.to_string().as_bytes());
        let theirs = SCHEMA.is_valid(&sent);
        if expressible(&sent) {
            prop_assert_eq!(ours.is_ok(), theirs, "{} {:?}", sent, ours);
        } else {
            prop_assert!(ours.is_err() || theirs, "{}", sent);
        }
    }
}

#[test]
fn the_schema_is_what_openapi_3_1_takes() {
    let schema = Signup::SCHEMA.to_json_schema();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], json!(["userName", "password", "passwordConfirm", "age"]));
    let expected = json!({"allOf": [
        {"type": "string"}, {"minLength": 3, "maxLength": 32}, {"pattern": "^[a-z0-9_]*$"},
    ]});
    assert_eq!(schema["properties"]["userName"], expected);
}

#[test]
fn inputs_get_the_attributes_of_their_field() {
    let shown = |name: &str| {
        let attributes = Signup::SCHEMA.input(name);
        let one = |(name, value): (&str, Option<String>)| {
            value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}"))
        };
        attributes.into_iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let expected = "name=userName type=text required minlength=3 maxlength=32 pattern=[a-z0-9_]*";
    assert_eq!(shown("userName"), expected);
    assert_eq!(shown("password"), "name=password type=text required minlength=12 maxlength=256");
    assert_eq!(shown("age"), "name=age type=number required step=1 min=13 max=120");
    assert_eq!(shown("email"), "name=email type=email");
    assert_eq!(shown("website"), "name=website type=url");
    assert_eq!(shown("isAdmin"), "");
}
