//! Extractors of axum, and what their answers hold.

use axum::body::Body;
use axum::extract::{Path, Query};
use axum::routing::{get, post};
use axum::{Extension, Form, Json, Router};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use palisade_input_validation::{BodyLimit, Check, Email, Line, Uniform, Valid};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

use crate::checks::{GOOD, Signup};
use crate::events::listen;

#[derive(Deserialize, Check)]
#[serde(deny_unknown_fields)]
struct Login {
    email: Email,
    #[check(chars(1..=128))]
    password: String,
}

#[derive(Check)]
#[check(open)]
struct Filter {
    #[check(chars(1..=20))]
    q: Option<String>,
    #[check(range(1..=9))]
    grade: u8,
}

#[derive(Check)]
#[check(open)]
struct Room {
    id: u32,
}

#[derive(Check)]
#[check(open)]
struct Note {
    text: Line<20>,
}

fn app() -> Router {
    Router::new()
        .route("/signup", post(async |form: Valid<Json<Signup>>| form.user_name.clone()))
        .route(
            "/login",
            post(async |form: Uniform<Valid<Json<Login>>>| {
                format!("{} {}", form.email, form.password.len())
            }),
        )
        .route(
            "/search",
            get(async |filter: Valid<Query<Filter>>| {
                format!("{} {}", filter.grade, filter.q.as_deref().unwrap_or_default())
            }),
        )
        .route("/rooms/{id}", get(async |room: Valid<Path<Room>>| room.id.to_string()))
        .route("/notes", post(async |note: Valid<Form<Note>>| note.text.to_string()))
        .route("/unprotected", post(async |form: Json<Signup>| form.user_name.clone()))
}

async fn ask(request: Request<Body>) -> Response<bytes::Bytes> {
    let (parts, body) = app().oneshot(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

fn json(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json; charset=utf-8");
    request.body(body.into()).unwrap()
}

fn code(response: &Response<bytes::Bytes>) -> String {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    body["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_valid_request_reaches_its_handler() {
    assert_eq!(ask(json("/signup", GOOD)).await.body(), "asha_rai");
    let search = Request::get("/search?q=a%20b&grade=3&utm=x").body(Body::empty()).unwrap();
    assert_eq!(ask(search).await.body(), "3 a b");
    let room = Request::get("/rooms/7").body(Body::empty()).unwrap();
    assert_eq!(ask(room).await.body(), "7");
    let note = Request::post("/notes").header("content-type", "application/x-www-form-urlencoded");
    let note = note.body("text=%20hello+world".into()).unwrap();
    assert_eq!(ask(note).await.body(), "hello world");
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_language_of_the_client() {
    let mut request = json("/signup", r#"{"userName": "A"}"#);
    request.headers_mut().insert("accept-language", "ne-NP, en;q=0.5".parse().unwrap());
    let response = ask(request).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["content-language"], "ne");
    assert_eq!(response.headers()["vary"], "accept-language");
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["errors"][0]["pointer"], "#/userName");
    assert_eq!(body["errors"][0]["code"], "chars");
    assert!(!body["errors"][0]["detail"].as_str().unwrap().is_ascii());
    assert_eq!(body["errors"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn sizes_types_and_shapes_have_answers_of_their_own() {
    let long = format!("/search?grade=1&q={}", "x".repeat(9000));
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let plain =
        Request::post("/signup").header("content-type", "text/plain").body(GOOD.into()).unwrap();
    let untyped = Request::post("/signup").body(GOOD.into()).unwrap();
    let twice = Request::post("/signup")
        .header("content-type", "application/json")
        .header("content-type", "text/plain");
    let table = [
        (json("/signup", "{"), 400, "malformed_input"),
        (json("/signup", "\"x\""), 422, "invalid_input"),
        (json("/signup", vec![b' '; 3 << 20]), 413, "body_too_large"),
        (plain, 415, "unsupported_media_type"),
        (untyped, 415, "unsupported_media_type"),
        (twice.body(GOOD.into()).unwrap(), 415, "unsupported_media_type"),
        (get(&long), 414, "uri_too_long"),
        (get("/search?grade=1&grade=2"), 422, "invalid_input"),
        (get("/search"), 422, "invalid_input"),
        (get("/rooms/seven"), 422, "invalid_input"),
        (get("/rooms/99999999999"), 422, "invalid_input"),
    ];
    for (request, status, expected) in table {
        let shown = format!("{} {}", request.method(), request.uri().path());
        let response = ask(request).await;
        assert_eq!(
            (response.status().as_u16(), code(&response).as_str()),
            (status, expected),
            "{shown}"
        );
        assert!(response.body().len() <= 8192);
    }
    let limited = app().layer(Extension(BodyLimit::new(10)));
    let response = limited.oneshot(json("/signup", GOOD)).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn every_refusal_of_a_sign_in_is_the_same_bytes() {
    let refused = [
        json("/login", "{"),
        json("/login", "{}"),
        json("/login", r#"{"email": "nobody", "password": "x"}"#),
        json("/login", r#"{"email": "a@b.example", "password": ""}"#),
        json("/login", vec![b' '; 3 << 20]),
        Request::post("/login").body(Body::empty()).unwrap(),
    ];
    let mut answers = Vec::new();
    for request in refused {
        let response = ask(request).await;
        answers.push((response.status(), response.headers().clone(), response.into_body()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let good = r#"{"email": "a@b.example", "password": "x"}"#;
    assert_eq!(ask(json("/login", good)).await.body(), "a@b.example 1");
}

/// The extractor that it replaces repeats what was sent; the same body, the same rule.
#[tokio::test]
async fn a_secret_comes_back_from_a_plain_extractor_and_not_from_this_one() {
    let sent = GOOD.replace("34", "\"my-secret-password\"");
    let echo = ask(json("/unprotected", sent.clone())).await;
    assert!(String::from_utf8_lossy(echo.body()).contains("my-secret-password"));
    let ours = ask(json("/signup", sent)).await;
    assert!(!String::from_utf8_lossy(ours.body()).contains("my-secret-password"));
    assert_eq!(ours.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// Answer and log lines of one request.
fn observed(body: String) -> (Vec<u8>, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut answer = Vec::new();
    let lines = listen(|| {
        let response = runtime.block_on(ask(json("/signup", body)));
        answer.extend(format!("{:?} {:?} ", response.status(), response.headers()).into_bytes());
        answer.extend(response.into_body());
    });
    (answer, lines)
}

/// A body with a mistake of each kind, made of a secret and a number.
fn wrong(secret: &str, number: u32) -> String {
    let text = Value::from(secret).to_string();
    format!(
        "{{\"userName\": {text}, \"email\": {text}, \"password\": {number}, \"age\": {text}, \
         \"website\": {text}, \"tags\": [{number}, {text}], {text}: {text}, \
         \"address\": [{{\"zip\": {text}, \"kind\": {text}, \"latitude\": {text}, \"x{number}\": 0}}]}}"
    )
}

/// `PALISADE_INTERFERENCE_PAIRS`, or 64.
fn pairs() -> u32 {
    let asked = std::env::var("PALISADE_INTERFERENCE_PAIRS").ok();
    asked.map_or(64, |pairs| pairs.parse().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(pairs()))]
    /// Two requests that break the same rules in the same places cannot be told apart by anybody who
    /// sees the answers and the log.
    #[test]
    fn nothing_of_a_request_flows_into_its_answer_or_log(
        one in "[A-Z]{8}[ -~]{0,12}", other in "[A-Z]{8}\\PC{0,12}", numbers: (u32, u32),
    ) {
        prop_assume!(one.len() <= 20 && other.chars().count() <= 20);
        prop_assume!([&one, &other].iter().all(|text| Line::<20>::parse(text).is_ok()));
        // An address would keep a rule that the other breaks.
        prop_assume!([&one, &other].iter().all(|text| Email::parse(text).is_err()));
        let first = observed(wrong(&one, numbers.0));
        let second = observed(wrong(&other, numbers.1));
        prop_assert_eq!(&first, &second);
        prop_assert!(!first.1.is_empty(), "it was reported");
        // The canary: eight capitals stand nowhere in what is said.
        let said = format!("{}{:?}", String::from_utf8_lossy(&first.0), first.1);
        prop_assert!(!said.contains(&one[..8]) && !said.contains(&other[..8]));
    }
}
