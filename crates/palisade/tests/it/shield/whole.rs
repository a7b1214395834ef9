//! Each protection of a shield holds, and does not where its part is left out.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;
use palisade::ratelimit::key::Key;
use palisade::ratelimit::{Limits, Quota, Rule};
use palisade::shield::{Body, Part, Shield, Shielded};
use tower::Layer;

use super::{HOST, app, ask, request, text};

fn shield() -> Shield {
    let rule = Rule::new("client", Quota::per_minute(3).strict()).by(Key::client_ip());
    let limits = Limits::builder().rule(rule).finish().unwrap();
    Shield::web([HOST]).unwrap().limits(limits).body_limit(1000)
}

fn without(part: Part) -> Shielded {
    shield().insecure_without(part).layer(app())
}

#[tokio::test]
async fn a_page_is_answered_with_everything_around_it() {
    for shield in [Shield::web([HOST]).unwrap(), Shield::api([HOST]).unwrap()] {
        let response = ask(&shield.layer(app()), request("GET", "/")).await;
        assert_eq!(response.status(), StatusCode::OK);
        for name in [
            "content-security-policy",
            "strict-transport-security",
            "x-content-type-options",
            "x-request-id",
            "ratelimit",
        ] {
            assert!(response.headers().contains_key(name), "{name}");
        }
        assert_eq!(text(response).await, "hello");
    }
}

#[tokio::test(start_paused = true)]
async fn each_attack_works_without_its_part_alone() {
    let foreign = || {
        let mut request = request("GET", "/");
        request.headers_mut().insert("host", "evil.example".parse().unwrap());
        request
    };
    let forged = || {
        let mut request = request("POST", "/");
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        request
    };
    let announced = || {
        let mut request = request("POST", "/");
        request.headers_mut().insert("content-length", "1001".parse().unwrap());
        request
    };
    let unannounced = || request("POST", "/reads").map(|_| Body::new(Many(2)));
    let status = async |service: &Shielded, request| ask(service, request).await.status().as_u16();
    let whole = shield().layer(app());
    assert_eq!(status(&whole, foreign()).await, 421);
    assert_eq!(status(&without(Part::Hosts), foreign()).await, 200);
    assert_eq!(status(&whole, forged()).await, 403);
    assert_eq!(status(&without(Part::CrossOrigin), forged()).await, 200);
    let whole = shield().layer(app());
    assert_eq!(status(&whole, announced()).await, 413);
    assert_eq!(status(&without(Part::BodyLimit), announced()).await, 200);
    assert_eq!(status(&whole, unannounced()).await, 413);
    assert_eq!(status(&without(Part::BodyLimit), unannounced()).await, 200);

    let whole = shield().layer(app());
    let hangs = ask(&whole, request("GET", "/hangs")).await;
    assert_eq!(hangs.status(), StatusCode::SERVICE_UNAVAILABLE);
    let unbounded = without(Part::Deadline);
    let hangs = ask(&unbounded, request("GET", "/hangs"));
    assert!(tokio::time::timeout(Duration::from_hours(1), hangs).await.is_err());

    let whole = shield().layer(app());
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(status(&whole, request("GET", "/")).await);
    }
    assert_eq!(answers, [200, 200, 200, 429, 429]);
    let unlimited = without(Part::Limits);
    for _ in 0..200 {
        assert_eq!(status(&unlimited, request("GET", "/")).await, 200);
    }
}

#[tokio::test]
async fn a_panic_is_an_answer_that_does_not_tell_why() {
    let response = ask(&shield().layer(app()), request("GET", "/panics")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.headers().contains_key("content-security-policy"));
    assert!(!text(response).await.contains("4711"));
    let bare = without(Part::Panics);
    let panicked = tokio::spawn(async move { ask(&bare, request("GET", "/panics")).await }).await;
    assert!(panicked.unwrap_err().is_panic());
}

/// So many pieces of 600 bytes.
struct Many(usize);

impl http_body::Body for Many {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let more = self.0.checked_sub(1);
        self.0 = more.unwrap_or_default();
        Poll::Ready(more.map(|_| Ok(Frame::data(Bytes::from_static(&[b'x'; 600])))))
    }
}
