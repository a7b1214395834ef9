//! Hot paths of `palisade-input-validation`: a sign-up of eight fields, texts, and Markdown.

use std::hint::black_box;

use bytes::Bytes;
use http::StatusCode;
use palisade_core::Problem;
use palisade_input_validation::issue::{At, Breach, Issues, Language};
use palisade_input_validation::{
    Check, Email, HttpUrl, Line, SafeHtml, from_json, from_pairs, render_markdown,
};
use serde::Deserialize;

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_validation_json", || body(GOOD, true, ic_validation_json)),
    ("ic_validation_json_refused", || body(BAD, false, ic_validation_json_refused)),
    ("ic_validation_pairs", || pairs(ic_validation_pairs)),
    ("ic_validation_rules", || rules(ic_validation_rules)),
    ("ic_validation_answer", || answer(ic_validation_answer)),
    ("ic_validation_email", || {
        text("asha.rai@example.com", Email::parse, ic_validation_email);
    }),
    ("ic_validation_url", || {
        text("https://example.com/asha", HttpUrl::parse, ic_validation_url);
    }),
    ("ic_validation_line", || text("Asha Rai", Line::parse, ic_validation_line)),
    ("ic_validation_line_nepali", || text(NEPALI, Line::parse, ic_validation_line_nepali)),
    ("ic_validation_markdown", || markdown(ic_validation_markdown)),
];

const GOOD: &str = r#"{"username":"asha_rai","email":"asha.rai@example.com","password":"correct horse battery",
    "password_confirm":"correct horse battery","age":34,"website":"https://example.com/asha",
    "country":"NP","tags":["chess","physics","hiking"]}"#;

/// Breaks six rules, one of them of a type.
const BAD: &str = r#"{"username":"A!","email":"asha.rai","password":"short","password_confirm":"other","age":"old",
    "website":"https://example.com/asha","country":"npl","tags":["chess","physics","hiking"]}"#;

const NEPALI: &str = "\u{906}\u{936}\u{93e} \u{930}\u{93e}\u{908}";

#[derive(Check, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signup {
    #[check(chars(3..=32), charset = "a-z0-9_")]
    username: String,
    email: Email,
    #[check(chars(12..=128))]
    password: String,
    #[check(same_as = "password")]
    password_confirm: String,
    #[check(range(13..=120))]
    age: u8,
    website: Option<HttpUrl>,
    #[check(pattern = "[A-Z]{2}")]
    country: String,
    #[check(items(..=10))]
    tags: Vec<Line<20>>,
}

#[derive(Check, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    q: Line<100>,
    #[check(range(1..=100))]
    per_page: u32,
}

type Read = Result<Signup, Issues>;

fn body(body: &str, good: bool, measured: fn(&[u8]) -> Read) {
    let warm = from_json::<Signup>(black_box(body.as_bytes()));
    assert_eq!(warm.is_ok(), good);
    assert_eq!(black_box(measured(body.as_bytes())).is_ok(), good);
}

fn pairs(measured: fn(&str) -> Result<Search, Issues>) {
    let query = "q=asha+rai&per_page=50";
    assert!(black_box(from_pairs::<Search>(black_box(query))).is_ok());
    let read = measured(query).expect("a query");
    assert_eq!((read.q.as_str(), read.per_page), ("asha rai", 50));
}

fn rules(measured: fn(&Signup) -> Issues) {
    let signup = from_json::<Signup>(GOOD.as_bytes()).expect("a sign-up");
    assert!(black_box(measured(&signup)).is_empty());
}

fn answer(measured: fn(&Issues) -> Bytes) {
    let issues = from_json::<Signup>(BAD.as_bytes()).err().expect("issues");
    assert_eq!(issues.count(), 6);
    assert!(black_box(measured(&issues)).len() > 400);
}

fn text<T>(
    text: &str,
    warm: fn(&str) -> Result<T, Breach>,
    measured: fn(&str) -> Result<T, Breach>,
) {
    assert!(black_box(warm(black_box(text))).is_ok());
    assert!(black_box(measured(text)).is_ok());
}

fn markdown(measured: fn(&str) -> Result<SafeHtml, Breach>) {
    let part = "## Rooms\n\nRead the [plan](/exams/7) or [all](https://example.org/a?b=1), *now*.\n\n\
                - one `code`\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 & 3 |\n\n";
    let source = part.repeat(4096_usize.div_ceil(part.len()));
    assert!(black_box(render_markdown(black_box(&source))).is_ok());
    assert!(black_box(measured(&source)).is_ok());
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_json(body: &[u8]) -> Read {
    from_json(body)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_json_refused(body: &[u8]) -> Read {
    from_json(black_box(body))
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_pairs(query: &str) -> Result<Search, Issues> {
    from_pairs(query)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_rules(signup: &Signup) -> Issues {
    let mut issues = Issues::new();
    signup.check(&At::ROOT, &mut issues);
    issues
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_answer(issues: &Issues) -> Bytes {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input");
    issues.explain(problem, Language::English).prepare().body().clone()
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_email(text: &str) -> Result<Email, Breach> {
    Email::parse(text)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_url(text: &str) -> Result<HttpUrl, Breach> {
    HttpUrl::parse(text)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_line(text: &str) -> Result<Line<40>, Breach> {
    Line::parse(text)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_line_nepali(text: &str) -> Result<Line<40>, Breach> {
    Line::parse(black_box(text))
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_validation_markdown(source: &str) -> Result<SafeHtml, Breach> {
    render_markdown(source)
}
