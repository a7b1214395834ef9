//! Answers of 500 and above.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use palisade_input_validation::{Cause, CleanErrorsLayer};
use serde_json::{Value, json};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::events::listen;

/// What a program without the layer tells everybody.
const INSIDE: &str = "SELECT * FROM users: connection to 10.0.0.7:5432 refused for user portal";

fn answer(status: u16) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(INSIDE.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = response.headers_mut();
    headers.insert("x-request-id", "01J9-a.b:c_d".parse().unwrap());
    headers.insert("retry-after", "7".parse().unwrap());
    headers.insert("x-powered-by", "portal 1.2.3".parse().unwrap());
    headers.insert("content-length", INSIDE.len().into());
    response
}

fn through(answer: Response<Bytes>) -> Response<Bytes> {
    let slot = std::sync::Mutex::new(Some(answer));
    let service = ServiceBuilder::new().layer(CleanErrorsLayer::new()).service(service_fn(
        move |_: Request<()>| {
            let answer = slot.lock().unwrap().take().unwrap();
            async move { Ok::<_, Infallible>(answer) }
        },
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(service.oneshot(Request::new(()))).unwrap()
}

#[test]
fn what_went_wrong_inside_does_not_leave_the_program() {
    assert!(String::from_utf8_lossy(answer(500).body()).contains("10.0.0.7"), "without the layer");
    for status in [500, 502, 503, 599] {
        let clean = through(answer(status));
        assert_eq!(clean.status().as_u16(), status);
        let told = format!("{:?} {:?}", clean.headers(), clean.body());
        assert!(!told.contains("10.0.0.7") && !told.contains("portal"), "{told}");
        assert_eq!(clean.headers()["retry-after"], "7");
        assert_eq!(clean.headers()["x-request-id"], "01J9-a.b:c_d");
        assert_eq!(clean.headers()["content-length"], clean.body().len().to_string().as_str());
        let body: Value = serde_json::from_slice(clean.body()).unwrap();
        assert_eq!(
            (&body["code"], &body["request_id"]),
            (&json!("internal_error"), &json!("01J9-a.b:c_d"))
        );
    }
}

#[test]
fn all_other_answers_pass_as_they_are() {
    for status in [200, 304, 404, 422, 499] {
        let passed = through(answer(status));
        assert_eq!(
            (passed.body(), passed.headers()),
            (answer(status).body(), answer(status).headers())
        );
    }
}

#[test]
fn an_id_that_a_client_could_have_written_as_markup_stays_out_of_the_body() {
    let long = "x".repeat(65);
    for id in ["<script>", "a b", "\"", long.as_str(), ""] {
        let mut failed = answer(500);
        failed.headers_mut().insert("x-request-id", id.parse().unwrap());
        let body: Value = serde_json::from_slice(through(failed).body()).unwrap();
        assert_eq!(body.get("request_id"), None, "{id}");
    }
}

#[test]
fn the_cause_goes_to_the_log_with_its_sources() {
    #[derive(Debug, thiserror::Error)]
    #[error("students cannot be read")]
    struct Unread(#[source] std::io::Error);

    let cause = Cause::from(Unread(std::io::Error::other(INSIDE)));
    let mut clean = None;
    let lines = listen(|| clean = Some(through(cause.response())));
    let expected = format!("cause=students cannot be read: {INSIDE}");
    assert!(lines.iter().any(|line| line.contains(&expected)), "{lines:?}");
    assert!(!format!("{clean:?}").contains("students"));
}
