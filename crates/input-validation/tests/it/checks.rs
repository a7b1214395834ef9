//! Rules of whole requests.

use palisade_input_validation::issue::{At, Breach, Code, Issues, code};
use palisade_input_validation::{
    Amount, AsyncCheck, Check, Email, HttpUrl, Line, Page, Patch, checked_with, from_json,
    from_pairs,
};
use palisade_testkit::alloc::count;
use proptest::prelude::*;
use serde::Deserialize;

const NICKNAMES: usize = 3;

#[derive(Clone, Debug, Deserialize, PartialEq, Check)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[check(with = adults_have_an_email)]
pub(crate) struct Signup {
    #[check(chars(3..=32), charset = "a-z0-9_")]
    pub(crate) user_name: String,
    pub(crate) email: Option<Email>,
    #[check(chars(12..=128), bytes(..=512))]
    pub(crate) password: String,
    #[check(same_as = "password")]
    pub(crate) password_confirm: String,
    #[check(range(13..=120))]
    pub(crate) age: u8,
    pub(crate) website: Option<HttpUrl>,
    #[serde(default, alias = "labels")]
    #[check(items(..=10), each(chars(2..=20)))]
    pub(crate) tags: Vec<Line<20>>,
    #[serde(default)]
    pub(crate) address: Vec<Address>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Check)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    #[check(pattern = r"\d{5}")]
    zip: String,
    kind: Kind,
    #[serde(default)]
    #[check(range(-90.0..=90.0))]
    latitude: Option<f64>,
    #[serde(default)]
    #[check(items(..=NICKNAMES), with = distinct)]
    nicknames: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Check)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    AtHome,
    #[serde(alias = "office")]
    Work,
}

fn distinct(names: &[String]) -> Result<(), Breach> {
    let mut sorted = names.to_vec();
    sorted.sort();
    sorted.dedup();
    if sorted.len() == names.len() { Ok(()) } else { Err(Breach::new(Code::new("distinct"))) }
}

fn adults_have_an_email(signup: &Signup, at: &At<'_>, issues: &mut Issues) {
    if signup.age >= 18 && signup.email.is_none() {
        issues.add(&at.field("email"), Breach::new(code::MISSING));
    }
}

pub(crate) const GOOD: &str = r#"{"userName": "asha_rai", "email": "asha@example.com",
    "password": "correct horse battery", "passwordConfirm": "correct horse battery", "age": 34,
    "website": "https://example.com/", "tags": ["chess", "go"],
    "address": [{"zip": "44600", "kind": "at-home", "latitude": 27.7}]}"#;

pub(crate) fn told(issues: &Issues) -> Vec<String> {
    issues.iter().map(|issue| format!("{} {}", issue.pointer(), issue.code())).collect()
}

fn issues(json: &str) -> Vec<String> {
    told(&from_json::<Signup>(json.as_bytes()).unwrap_err())
}

fn good_but(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replace(from, to)
}

#[test]
fn a_valid_body_passes() {
    let signup = from_json::<Signup>(GOOD.as_bytes()).unwrap();
    assert_eq!((signup.user_name.as_str(), signup.tags.len()), ("asha_rai", 2));
}

#[test]
fn each_rule_names_its_place_by_the_name_that_was_sent() {
    let many = format!("[{}]", ["\"ab\""; 11].join(","));
    let table = [
        (good_but("asha_rai", "as"), "#/userName chars"),
        (good_but("asha_rai", "Asha Rai"), "#/userName charset"),
        (good_but("asha@", "asha"), "#/email email"),
        (
            good_but("\"passwordConfirm\": \"correct", "\"passwordConfirm\": \"wrong"),
            "#/passwordConfirm same_as",
        ),
        (good_but("34", "12"), "#/age range"),
        (good_but("34", "256"), "#/age range"),
        (good_but("34", "-1"), "#/age range"),
        (good_but("34", "34.5"), "#/age type_integer"),
        (good_but("34", "\"34\""), "#/age type_integer"),
        (good_but("34", "null"), "#/age type_integer"),
        (good_but("https://example.com/", "javascript:alert(1)"), "#/website url"),
        (good_but("\"chess\"", "\"c\""), "#/tags/0 chars"),
        (good_but("\"go\"", "7"), "#/tags/1 type_text"),
        (good_but("[\"chess\", \"go\"]", &many), "#/tags items"),
        (good_but("[\"chess\", \"go\"]", "{}"), "#/tags type_array"),
        (good_but("44600", "44600\\n"), "#/address/0/zip pattern"),
        (good_but("at-home", "AtHome"), "#/address/0/kind choice"),
        (good_but("27.7", "90.5"), "#/address/0/latitude range"),
        (good_but("27.7", "true"), "#/address/0/latitude type_number"),
        (
            good_but("\"latitude\": 27.7", "\"nicknames\": [\"a\", \"a\"]"),
            "#/address/0/nicknames distinct",
        ),
        (good_but("\"latitude\"", "\"altitude\""), "#/address/0 unknown"),
        (good_but("\"age\": 34,", ""), "#/age missing"),
        (good_but("\"age\": 34,", "\"age\": 34, \"age\": 35,"), "#/age duplicate"),
        (good_but("\"age\": 34,", "\"age\": 34, \"isAdmin\": true,"), "# unknown"),
        (good_but("\"tags\"", "\"labels\": [], \"tags\""), "#/tags duplicate"),
        (good_but("\"email\": \"asha@example.com\",", ""), "#/email missing"),
        ("[]".to_owned(), "# type_object"),
        ("{".to_owned(), "# syntax"),
        (format!("\u{feff}{GOOD}"), "# syntax"),
        (format!("{GOOD} x"), "# syntax"),
    ];
    for (json, expected) in table {
        assert_eq!(issues(&json), [expected], "{json}");
    }
    assert!(from_json::<Signup>(b"\xff").is_err());
}

/// Readers that stop at the first mistake make a client ask again for each.
#[test]
fn mistakes_of_every_kind_arrive_together_in_the_order_of_the_fields() {
    let sent = r#"{"age": "old", "userName": "A", "password": "short", "passwordConfirm": "other",
        "role": "admin", "website": "data:x", "website": "data:y",
        "address": [{"zip": "1", "kind": 3}, 5], "tags": ["ok", "x"]}"#;
    let expected = [
        "# unknown",
        "#/userName chars",
        "#/password chars",
        "#/age type_integer",
        "#/website duplicate",
        "#/tags/1 chars",
        "#/address/0/zip pattern",
        "#/address/0/kind choice",
        "#/address/1 type_object",
        "#/passwordConfirm same_as",
    ];
    assert!(serde_json::from_str::<Signup>(sent).is_err(), "serde tells one of these");
    assert_eq!(issues(sent), expected);
}

/// A list of errors as long as the input once turned 2 MB into 43 MB.
#[test]
fn issues_are_told_up_to_a_bound_and_counted_beyond() {
    let body = format!("{{\"tags\": [{}]}}", vec!["1"; 5000].join(","));
    let issues = from_json::<Signup>(body.as_bytes()).unwrap_err();
    assert_eq!(issues.iter().count(), Issues::MAX);
    assert_eq!(issues.count(), 5000 + 4);
}

#[test]
fn nesting_and_width_of_what_does_not_fit_are_bounded() {
    let deep = format!("{{\"tags\": {}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(issues(&deep), ["# depth"]);
    let wide = format!("{{\"x\": [{}]}}", vec!["1"; 20_000].join(","));
    assert_eq!(issues(&wide), ["# keys"]);
    assert_eq!(issues(&"[".repeat(1_000_000)), ["# depth"]);
}

#[test]
fn a_valid_value_is_checked_without_allocation() {
    let signup = from_json::<Signup>(GOOD.as_bytes()).unwrap();
    let mut found = Issues::new();
    let cost = count(|| signup.check(&At::ROOT, &mut found));
    assert_eq!(cost.allocations, 0);
    assert!(found.is_empty());
}

/// `role=user&role=admin`: one program reads the first, the next one the last.
#[test]
fn a_query_is_read_one_way_or_not_at_all() {
    #[derive(Debug, Check)]
    #[check(open)]
    struct Search {
        #[check(chars(1..=20))]
        q: String,
        page: Page,
        #[serde(default)]
        exact: bool,
        #[check(range(1..=5))]
        grade: Option<u8>,
    }

    let read = |pairs: &str| from_pairs::<Search>(pairs).map_err(|i| told(&i));
    let search = read("q=a+b%21&page=99999999999&exact=on&utm_source=x").unwrap();
    assert_eq!((search.q.as_str(), search.page.number(), search.exact), ("a b!", 10_000, true));
    assert_eq!((search.grade, read("q=x&grade=3").unwrap().grade), (None, Some(3)));
    assert_eq!(read("q=a&q=b").unwrap_err(), ["#/q duplicate"]);
    assert_eq!(
        read("grade=x&exact=1").unwrap_err(),
        ["#/q missing", "#/exact type_boolean", "#/grade type_integer"]
    );
    let flood = "a=1&".repeat(1_001);
    assert_eq!(read(&flood).unwrap_err(), ["# keys"]);
}

#[test]
fn a_patch_has_three_states_and_rules_for_one() {
    #[derive(Debug, Deserialize, Check)]
    #[serde(deny_unknown_fields)]
    struct Update {
        #[serde(default)]
        #[check(chars(2..=5))]
        nickname: Patch<Line<20>>,
        #[serde(default)]
        fee: Option<Amount>,
    }

    let read = |json: &str| from_json::<Update>(json.as_bytes()).map_err(|issues| told(&issues));
    assert_eq!(read("{}").unwrap().nickname, Patch::Absent);
    assert_eq!(read(r#"{"nickname": null}"#).unwrap().nickname, Patch::Null);
    assert!(read(r#"{"nickname": "Asha"}"#).unwrap().nickname.value().is_some());
    assert_eq!(read(r#"{"nickname": "A"}"#).unwrap_err(), ["#/nickname chars"]);
    let fee = r#"{"nickname": 1, "fee": {"currency": "EUR", "value": "1.234"}}"#;
    assert_eq!(read(fee).unwrap_err(), ["#/nickname type_text", "#/fee/value amount_decimals"]);
    let fee = r#"{"fee": {"currency": "euro", "value": 1.5, "x": 1}}"#;
    assert_eq!(
        read(fee).unwrap_err(),
        ["#/fee unknown", "#/fee/currency currency", "#/fee/value amount"]
    );
}

/// Validators that test "not below and not above" let it pass.
#[test]
fn nan_is_in_no_range() {
    let mut signup = from_json::<Signup>(GOOD.as_bytes()).unwrap();
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        signup.address[0].latitude = Some(odd);
        let mut found = Issues::new();
        signup.check(&At::ROOT, &mut found);
        assert_eq!(told(&found), ["#/address/0/latitude range"]);
    }
}

#[tokio::test]
async fn what_needs_a_database_is_asked_only_of_values_that_are_right() {
    struct Database(std::sync::atomic::AtomicUsize);

    impl AsyncCheck<Database> for Signup {
        async fn check_with(&self, database: &Database, issues: &mut Issues) {
            database.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if self.user_name == "taken" {
                issues.add(&At::ROOT.field("userName"), Breach::new(Code::new("taken")));
            }
        }
    }

    let database = Database(0.into());
    let mut signup = from_json::<Signup>(GOOD.as_bytes()).unwrap();
    assert!(checked_with(signup.clone(), &database).await.is_ok());
    signup.user_name = "taken".to_owned();
    assert_eq!(
        told(&checked_with(signup.clone(), &database).await.unwrap_err()),
        ["#/userName taken"]
    );
    signup.age = 1;
    assert_eq!(told(&checked_with(signup, &database).await.unwrap_err()), ["#/age range"]);
    assert_eq!(database.0.into_inner(), 2, "it was asked for the wrong value");
}

proptest! {
    /// serde on the fast way and the tree on the slow one are two readers of one language.
    #[test]
    fn both_readers_take_the_same_inputs(sent in crate::schemas::signup()) {
        prop_assume!(sent.get("role").is_none());
        let text = sent.to_string();
        let ours = from_json::<Signup>(text.as_bytes());
        // A field that nobody knows is all that keeps it from the fast way.
        let spoilt = text.replacen('{', "{\"unknown field\": 0, ", 1);
        let slow = from_json::<Signup>(spoilt.as_bytes()).unwrap_err();
        let slow: Vec<String> = told(&slow).into_iter().filter(|issue| issue != "# unknown").collect();
        prop_assert_eq!(ours.is_ok(), slow.is_empty(), "{} {:?}", text, slow);
        if let Err(fast) = ours {
            prop_assert_eq!(told(&fast), slow);
        }
    }
}

#[test]
fn a_field_left_empty_in_a_form_is_none_where_there_may_be_none() {
    #[derive(Check, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        email: Option<Email>,
        name: Line<20>,
    }

    let form: Form = from_pairs("email=&name=x").unwrap();
    assert!(form.email.is_none() && form.name.as_str() == "x");
    assert!(from_pairs::<Form>("email=&name=").is_err());
    assert!(from_json::<Form>(br#"{"email": "", "name": "x"}"#).is_err());
}
