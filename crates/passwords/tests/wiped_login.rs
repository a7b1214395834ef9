//! A sign-in by JSON or by a form leaves no password in freed memory.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::num::NonZeroUsize;

use axum::body::{Body, Bytes};
use axum::extract::{Form, Json, State};
use axum::routing::post;
use axum::{Router, extract::Request};
use http::header::CONTENT_TYPE;
use palisade_core::Problem;
use palisade_passwords::fields::Fields;
use palisade_passwords::{Attempt, Hasher, Params, Scheme, Workers};
use palisade_testkit::alloc::FreedBlocks;
use tower::ServiceExt;

#[global_allocator]
static FREED: FreedBlocks = FreedBlocks::new(64 << 20);

/// What both kinds of body hold unescaped, and what they hold escaped.
const PARTS: [&[u8]; 4] = [b"canary", b"tangerine", b"\"drifts\" over", b"basalt"];
const LOGINS: [(&str, &str); 2] = [
    (
        "application/json",
        r#"{"username":"ada","password":"canary\u0020tangerine \"drifts\" over\tbasalt"}"#,
    ),
    (
        "application/x-www-form-urlencoded",
        "username=ada&password=canary+tangerine+%22drifts%22+over%09basalt",
    ),
];

fn left_behind() -> usize {
    assert_eq!(FREED.evicted(), 0, "everything that was freed is scanned");
    PARTS.iter().map(|part| FREED.scan(part)).sum()
}

async fn login(State(hasher): State<Hasher>, fields: Fields) -> Result<&'static str, Problem> {
    let attempt = Attempt::new(fields.text("username")?);
    let verdict = hasher.verify(&attempt, fields.candidate("password")?).await;
    verdict.map(|_| "verified").map_err(|overloaded| overloaded.problem())
}

#[derive(serde::Deserialize)]
struct Login {
    password: String,
}

async fn by_json(Json(login): Json<Login>) -> &'static str {
    drop(login.password);
    "dropped"
}

async fn by_form(Form(login): Form<Login>) -> &'static str {
    drop(login.password);
    "dropped"
}

/// A body that arrives byte for byte; the last byte is at the beginning.
struct Dripping(Vec<u8>);

impl http_body::Body for Dripping {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let next = self.0.pop().map(|byte| Ok(http_body::Frame::data(vec![byte].into())));
        std::task::Poll::Ready(next)
    }
}

/// The body in one frame, or byte for byte with its length unknown.
fn body(text: &str, in_bytes: bool) -> Body {
    if !in_bytes {
        return Body::from(Bytes::copy_from_slice(text.as_bytes()));
    }
    Body::new(Dripping(text.bytes().rev().collect()))
}

fn request(kind: &str, text: &str, in_bytes: bool) -> Request {
    Request::post("/").header(CONTENT_TYPE, kind).body(body(text, in_bytes)).unwrap()
}

/// One test, since the kept blocks are those of the whole process.
#[tokio::test]
async fn a_login_leaves_no_password_in_a_freed_block() {
    let scheme = Scheme::new(Params::insecure_new(64, 2, 1).unwrap()).unwrap();
    let hasher = Hasher::start(scheme, Workers::new().count(NonZeroUsize::MIN)).unwrap();
    let app = Router::new().route("/", post(login)).with_state(hasher);
    for (kind, text) in LOGINS {
        // What the attack needs: extractors that read into buffers of their own.
        let usual = match kind {
            "application/json" => Router::new().route("/", post(by_json)),
            _ => Router::new().route("/", post(by_form)),
        };
        FREED.clear();
        assert_eq!(usual.oneshot(request(kind, text, false)).await.unwrap().status(), 200);
        assert!(left_behind() > 0, "an ordinary extractor is found");

        for in_bytes in [false, true] {
            FREED.clear();
            let request = request(kind, text, in_bytes);
            let before = left_behind();
            let answer = app.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(left_behind(), before, "{kind}, byte for byte: {in_bytes}");
            // Cut off before its end, a body is refused and wiped all the same.
            FREED.clear();
            let cut = self::request(kind, text.get(..60).unwrap(), false);
            let answer = app.clone().oneshot(cut).await.unwrap();
            assert!(answer.status().is_client_error() || answer.status().is_success());
            assert_eq!(left_behind(), 0, "{kind}, cut off");
        }
    }
}
