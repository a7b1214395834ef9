//! Who runs, and on what.

use std::hint::black_box;

use garde::Validate as _;
use harness::{Contestant, Effort, Shape};
use http::StatusCode;
use palisade_core::Problem;
use palisade_input_validation::issue::{At, Issues, Language};
use palisade_input_validation::{Check, from_json};
use serde::de::DeserializeOwned;
use validator::Validate as _;

use crate::contestant;
use crate::folders::{below_it, in_it};
use crate::forms::{BAD, GOOD, Garde, Ours, Validator, by_hand};
use crate::markup::markdown;
use crate::requests::extract;

pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "a request to a value", contestants: extract, effort: Effort::NANOS },
    Shape { name: "good body to a checked value", contestants: parse, effort: Effort::NANOS },
    Shape { name: "rules of a good value", contestants: || rules(GOOD), effort: Effort::NANOS },
    Shape { name: "rules of a bad value", contestants: || rules(BAD), effort: Effort::NANOS },
    Shape {
        name: "bad body to the bytes of a refusal",
        contestants: refuse,
        effort: Effort::NANOS,
    },
    Shape { name: "4 KB of Markdown to safe HTML", contestants: markdown, effort: Effort::MICROS },
    Shape { name: "open a file in a folder", contestants: in_it, effort: Effort::NANOS },
    Shape { name: "open a file two folders down", contestants: below_it, effort: Effort::NANOS },
];

fn plain<T: DeserializeOwned>(body: &str) -> T {
    serde_json::from_str(black_box(body)).expect("the types are right")
}

/// What axum's extractor does with the bytes, which validates nothing.
fn axum<T: DeserializeOwned>(body: &str) -> T {
    let read = axum::Json::<T>::from_bytes(black_box(body).as_bytes());
    read.expect("the types are right").0
}

fn parse() -> Vec<Contestant> {
    vec![
        contestant("palisade-input-validation", || {
            from_json::<Ours>(black_box(GOOD).as_bytes()).expect("valid")
        }),
        contestant("axum 0.8 Json, no rules", || axum::<Garde>(GOOD)),
        contestant("axum 0.8 Json, then garde 0.23", || {
            let form: Garde = axum(GOOD);
            form.validate().expect("valid");
            form
        }),
        contestant("axum 0.8 Json, then validator 0.21", || {
            let form: Validator = axum(GOOD);
            form.validate().expect("valid");
            form
        }),
        contestant("floor: serde_json, no rules", || plain::<Garde>(GOOD)),
    ]
}

fn ours(body: &'static str) -> Ours {
    plain(body)
}

fn rules(body: &'static str) -> Vec<Contestant> {
    let (own, garde, validator, hand): (_, Garde, Validator, Garde) =
        (ours(body), plain(body), plain(body), plain(body));
    vec![
        contestant("palisade-input-validation", move || {
            let mut issues = Issues::new();
            black_box(&own).check(&At::ROOT, &mut issues);
            issues
        }),
        contestant("garde 0.23", move || black_box(&garde).validate()),
        contestant("validator 0.21", move || black_box(&validator).validate()),
        contestant("floor: by hand, codes only", move || by_hand(black_box(&hand))),
    ]
}

fn refuse() -> Vec<Contestant> {
    vec![
        contestant("palisade-input-validation, problem", || {
            let issues = from_json::<Ours>(black_box(BAD).as_bytes());
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input");
            let issues = issues.err().expect("invalid");
            issues.explain(problem, Language::English).prepare()
        }),
        contestant("serde_json, garde 0.23 report as JSON", || {
            let report = plain::<Garde>(BAD).validate().expect_err("invalid");
            serde_json::to_vec(&report).expect("a report")
        }),
        contestant("serde_json, validator 0.21 errors as JSON", || {
            let errors = plain::<Validator>(BAD).validate().expect_err("invalid");
            serde_json::to_vec(&errors).expect("errors")
        }),
    ]
}
