//! What the hot paths allocate, to the number.

use std::convert::Infallible;

use axum::Json;
use axum::body::Body;
use axum::extract::FromRequest;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use palisade_input_validation::issue::Language;
use palisade_input_validation::{Check, CleanErrorsLayer, Refusal, Valid, from_json};
use palisade_testkit::alloc::count;
use serde::Deserialize;
use tower::{Layer, Service, service_fn};

#[derive(Check, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    #[check(range(1..=9))]
    first: u8,
    #[check(range(1..=9))]
    second: u8,
}

const GOOD: &str = r#"{"first": 1, "second": 2}"#;
const BAD: &str = r#"{"first": 0, "second": 77}"#;

/// Drives what waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}

fn request(body: &'static str) -> Request<Body> {
    let request = Request::post("/").header("content-type", "application/json");
    request.body(Body::from(body)).unwrap()
}

#[test]
fn an_extractor_allocates_what_the_value_holds_and_a_limit_around_the_body() {
    let plain = request(GOOD);
    let theirs = count(|| now(Json::<Numbers>::from_request(plain, &())).unwrap());
    let checked = request(GOOD);
    let ours = count(|| now(Valid::<Json<Numbers>>::from_request(checked, &())).unwrap());
    // What it holds is two numbers: all of it is the body's.
    assert!(ours.allocations <= theirs.allocations + 1, "{ours:?}, theirs {theirs:?}");
    assert_eq!(count(|| from_json::<Numbers>(GOOD.as_bytes()).unwrap()).allocations, 0);
}

#[test]
fn a_refusal_is_made_of_few_pieces() {
    let issues = from_json::<Numbers>(BAD.as_bytes()).unwrap_err();
    let refusal = Refusal::from(issues);
    let headers = HeaderMap::new();
    let answer = count(|| drop(refusal.response::<Bytes>(&headers)));
    assert!(answer.allocations <= ANSWER, "{answer:?}");
    // Without anybody who listens, reporting allocates nothing.
    assert_eq!(count(|| refusal.report()).allocations, 0);
    assert!(count(|| drop(refusal.problem(Language::English))).allocations <= ANSWER);
}

/// Of an answer with two issues: their words, their places, the headers and the body.
const ANSWER: u64 = 24;

#[test]
fn an_answer_below_500_passes_the_layer_without_allocation() {
    let service = |status: u16| {
        let inner = service_fn(move |_: Request<()>| {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            std::future::ready(Ok::<_, Infallible>(response))
        });
        CleanErrorsLayer::new().layer(inner)
    };
    let (mut fine, mut broken) = (service(200), service(500));
    drop(now(fine.call(Request::new(()))));
    assert_eq!(count(|| drop(now(fine.call(Request::new(()))))).allocations, 0);
    let cost = count(|| drop(now(broken.call(Request::new(())))));
    assert!(cost.allocations <= ANSWER, "{cost:?}");
}
