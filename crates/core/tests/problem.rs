//! What a problem looks like to a client.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bytes::Bytes;
use http::StatusCode;
use http_body_util::Full;
use palisade_core::{FieldError, Pointer, Problem, Text};
use proptest::prelude::*;
use serde_json::{Value, json};

fn body(problem: &Problem) -> Value {
    serde_json::from_slice(problem.prepare().body()).unwrap()
}

#[test]
fn an_untyped_problem_has_the_reason_phrase_as_title_and_no_type() {
    let problem = Problem::new(StatusCode::NOT_FOUND, "unknown_student");
    assert_eq!(
        body(&problem),
        json!({"title": "Not Found", "status": 404, "code": "unknown_student"})
    );
}

#[test]
fn a_typed_problem_has_its_own_title() {
    let uri = "https://iana.org/assignments/http-problem-types#quota-exceeded";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "quota_exceeded")
        .of_type(uri, "Quota exceeded");
    assert_eq!(body(&problem)["type"], uri);
    assert_eq!(body(&problem)["title"], "Quota exceeded");
}

#[test]
fn a_list_is_a_member_of_its_own() {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded")
        .list("violated-policies", ["login", "daily"].map(Text::from));
    assert_eq!(body(&problem)["violated-policies"], json!(["login", "daily"]));
}

#[test]
fn a_flood_of_errors_is_counted_and_not_repeated() {
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_rows");
    for row in 0..1000 {
        let at = Pointer::root().index(row).field("points");
        problem = problem.error(FieldError::new(at, "range", "0 to 20"));
    }
    let body = body(&problem);
    assert_eq!(body["errors"].as_array().unwrap().len(), Problem::MAX_ERRORS);
    assert_eq!(body["errors"][31]["pointer"], "#/31/points");
    assert_eq!(body["omitted_errors"], 968);
}

#[test]
fn the_answer_is_not_stored_and_says_its_length() {
    let prepared = Problem::new(StatusCode::FORBIDDEN, "cross_site").prepare();
    let response = prepared.response::<Full<Bytes>>();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-length"], prepared.body().len().to_string());
    assert!(!response.headers().contains_key("retry-after"));
}

#[test]
fn preparing_writes_once_and_a_clone_shares_the_bytes() {
    let prepared = Problem::new(StatusCode::FORBIDDEN, "cross_site").prepare();
    assert_eq!(prepared.clone().body().as_ptr(), prepared.body().as_ptr());
    assert_eq!(prepared.response::<Bytes>().body().as_ptr(), prepared.body().as_ptr());
}

proptest! {
    #[test]
    fn any_words_come_back_from_the_json_as_they_went_in(detail in ".*", title in ".*") {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "any")
            .of_type("about:test", Text::from_program(title.clone()))
            .detail(Text::from_program(detail.clone()));
        let body = body(&problem);
        prop_assert_eq!(&body["detail"], &Value::from(detail));
        prop_assert_eq!(&body["title"], &Value::from(title));
    }
}
