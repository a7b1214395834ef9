//! A request to a value, through the extractors.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Json;
use axum::body::Body;
use axum::extract::FromRequest;
use harness::Contestant;
use http::Request;
use http::header::CONTENT_TYPE;
use palisade_input_validation::Valid;

use crate::contestant;
use crate::forms::{GOOD, Garde, Ours};

/// Everybody builds the request; `no extractor` is what that costs.
pub(crate) fn extract() -> Vec<Contestant> {
    vec![
        contestant("palisade-input-validation, Valid<Json>", || {
            now(Valid::<Json<Ours>>::from_request(request(), &())).expect("valid")
        }),
        contestant("axum 0.8 Json, no rules", || {
            now(Json::<Garde>::from_request(request(), &())).expect("the types are right")
        }),
        contestant("no extractor", request),
    ]
}

fn request() -> Request<Body> {
    let request = Request::post("/signup").header(CONTENT_TYPE, "application/json");
    request.body(Body::from(black_box(GOOD))).expect("a request")
}

/// Drives what waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the body is there"),
    }
}
