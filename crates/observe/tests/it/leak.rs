//! The leak check finds what is planted, and nothing where nothing leaks.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, RawQuery, Request};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusBuilder;
use palisade_core::ManualClock;
use palisade_observe::capture::{Capture, CaptureLayer, Collected, Setup};
use palisade_observe::leak::{Canaries, Driven, Leaks, check};
use palisade_observe::leak_check;
use palisade_observe::log::{Captured, Format, LogLayer};
use palisade_observe::redact::Redactor;
use palisade_observe::request::{Ids, NoteLayer, RequestLogLayer};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::prelude::*;

use crate::capture::hook;

/// What a handler does with a secret that it was sent.
type Plant = fn(&str);

/// A router that reads everything, and writes about it what is good, and what the plant does.
fn app(plant: Plant) -> Router {
    let sign_in = move |RawQuery(query): RawQuery, body: Bytes| async move {
        let body = String::from_utf8_lossy(&body).into_owned();
        let query = query.unwrap_or_default();
        tracing::info!(body = &*body, "asked with {query}");
        assert!(!query.contains("cvc"), "nobody expected {query}");
        for word in body.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 15)
        {
            plant(word);
        }
        "wrong password"
    };
    let upload = |request: Request| async move {
        match to_bytes(request.into_body(), 1 << 20).await {
            Ok(bytes) => bytes.len().to_string(),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "cannot read");
                "cannot read".to_owned()
            }
        }
    };
    let reset = |Path(token): Path<String>| async move {
        tracing::info!(token, "reset");
        "reset"
    };
    let clock = Arc::new(ManualClock::new());
    Router::new()
        .route("/login", post(sign_in))
        .route("/upload", post(upload))
        .route("/reset/{token}", get(reset))
        .layer(NoteLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(RequestLogLayer::new(clock, Ids::with_key([7; 16])).path(|path| {
            if path.starts_with("/reset/") { "/reset/...".into() } else { path.into() }
        }))
}

async fn checked(app: Router) -> Result<Driven, Leaks> {
    let (lines, reports) = (Captured::new(), Collected::new());
    let clock = Arc::new(ManualClock::new());
    let setup = Setup::new(Redactor::new()).sample(1).interval(Duration::ZERO);
    let setup = setup.most_a_minute(u32::MAX).queue(10_000).to(reports.clone());
    let capture = Capture::start(setup, Arc::<ManualClock>::clone(&clock)).unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(LogLayer::new(clock).redact(Redactor::new()).to(Format::Json, lines.clone()))
        .with(capture.layer().with_filter(CaptureLayer::filter()));
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let recorder = metrics::set_default_local_recorder(&recorder);
    let canaries = Canaries::new()
        .route("POST", "/login")
        .route("POST", "/upload")
        .route("GET", "/reset/{token}")
        .field("username", "ada")
        .sink("the log", move || lines.text())
        .sink("captured errors", move || {
            assert!(capture.flush(Duration::from_secs(30)));
            format!("{:?}", reports.reports())
        })
        .sink("metrics", move || handle.render());
    hook();
    let found = check(app, canaries).with_subscriber(subscriber).await;
    drop(recorder);
    found
}

#[tokio::test]
async fn a_router_that_keeps_its_secrets_passes() {
    let driven = checked(app(|_| {})).await.unwrap();
    assert!(driven.requests > 150 && driven.searched > 100_000, "{driven:?}");
    // Panics of the handler and of bodies; bodies that broke; what was right and what was not there.
    assert!(driven.statuses[&500] > 5 && driven.statuses[&200] > 50, "{driven:?}");
    assert!(driven.statuses[&404] > 2 && driven.statuses[&405] > 5, "{driven:?}");
}

#[tokio::test]
async fn a_secret_that_is_planted_is_found_where_it_comes_out() {
    let (first, password) = ("access_token in JSON", "password in JSON");
    let table: [(&str, &str, Plant); 3] = [
        ("the log", password, |secret| tracing::info!("tried {secret}")),
        ("captured errors", first, |secret| panic!("tried {secret}")),
        ("metrics", password, |secret| {
            metrics::counter!("tries_total", "with" => secret.to_owned()).increment(1);
        }),
    ];
    for (sink, place, plant) in table {
        let leaks = checked(app(plant)).await.unwrap_err();
        let mut found = leaks.leaks.iter().filter(|leak| leak.sink == sink);
        assert!(
            found.any(|leak| leak.place == format!("{place} of POST /login")),
            "{sink}: {leaks}"
        );
    }
}

#[tokio::test]
async fn a_secret_in_an_answer_is_found() {
    let echo = Router::new().route("/login", post(|body: String| async move { body }));
    let leaks = checked(echo).await.unwrap_err();
    assert!(leaks.leaks.iter().all(|leak| leak.sink == "the answer to POST /login"), "{leaks}");
    for place in ["password in JSON", "pin in the query", "token in multipart"] {
        assert!(leaks.leaks.iter().any(|leak| leak.place.starts_with(place)), "{place}: {leaks}");
    }
}

#[tokio::test]
async fn a_panic_that_nobody_catches_is_no_answer() {
    let bare = Router::new().route("/login", post(|_: Bytes| async { "in" }));
    let driven = leak_check!(bare, Canaries::new().route("POST", "/login"));
    assert!(driven.unanswered >= 3, "{driven:?}");
}
