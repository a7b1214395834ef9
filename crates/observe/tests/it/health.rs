//! Live, ready, and who is told what.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{Request, Response};
use http_body_util::BodyExt;
use palisade_core::ManualClock;
use palisade_observe::health::{Check, Health, HealthLayer, State, Verdict};
use tower::{Layer, ServiceExt};

fn health() -> (ManualClock, Health) {
    let clock = ManualClock::new();
    (clock.clone(), Health::new(Arc::new(clock)))
}

#[tokio::test(start_paused = true)]
async fn answers_hold_for_a_while_and_one_caller_asks_for_all() {
    let (clock, health) = health();
    let (up, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
    let check = {
        let (up, asked) = (Arc::clone(&up), Arc::clone(&asked));
        move || {
            let (up, asked) = (Arc::clone(&up), Arc::clone(&asked));
            async move {
                asked.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                up.load(Ordering::SeqCst)
            }
        }
    };
    health.started([Check::new("database", check)]);
    let many = (0..100).map(|_| {
        tokio::spawn({
            let health = health.clone();
            async move { health.readiness().await.state }
        })
    });
    for task in many.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), State::Ready);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "a hundred probes ask once");
    up.store(false, Ordering::SeqCst);
    assert_eq!(health.readiness().await.state, State::Ready, "kept");
    clock.advance(Duration::from_secs(1));
    let readiness = health.readiness().await;
    assert_eq!(readiness.state, State::Unavailable);
    assert_eq!(readiness.checks, [("database", Verdict::Down)]);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_hangs_is_waited_for_so_long_and_beside_the_others() {
    let (_, health) = health();
    health.started([
        Check::new("hangs", pending::<bool>),
        Check::new("hangs too", pending::<bool>).patience(Duration::from_secs(1)),
        Check::new("works", || async { true }),
    ]);
    let begin = tokio::time::Instant::now();
    let readiness = health.readiness().await;
    assert_eq!(begin.elapsed(), Duration::from_secs(2), "not one after the other");
    let verdicts: Vec<Verdict> = readiness.checks.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(verdicts, [Verdict::Silent, Verdict::Silent, Verdict::Up]);
}

/// A probe that is given up must not leave the others waiting.
#[tokio::test(start_paused = true)]
async fn a_probe_that_hangs_up_leaves_the_question_to_the_next() {
    let (_, health) = health();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    health.started([Check::new("slow", move || {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { pending().await } else { true } }
    })]);
    let gone = tokio::time::timeout(Duration::from_millis(10), health.readiness()).await;
    assert!(gone.is_err());
    assert_eq!(health.readiness().await.state, State::Ready);
}

async fn probe(layer: &HealthLayer, method: &str, path: &str, operator: bool) -> (u16, String) {
    let inner = tower::service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(Body::from("inside")))
    });
    let mut request = Request::builder().method(method).uri(path);
    if operator {
        request = request.header("x-operator", "1");
    }
    let response = layer.layer(inner).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, cache) =
        (response.status().as_u16(), response.headers().get("cache-control").cloned());
    let body: Bytes = response.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(cache.is_some_and(|value| value == "no-store"), body != "inside", "{path}");
    (status, body)
}

#[tokio::test(start_paused = true)]
async fn strangers_get_a_word_and_the_operator_the_reason() {
    let (_, health) = health();
    let layer = HealthLayer::with_operator(health.clone(), |parts| {
        parts.headers.contains_key("x-operator")
    });
    let ok = |status: u16, body: &str| (status, body.to_owned());
    assert_eq!(
        probe(&layer, "GET", "/health/ready", true).await,
        ok(503, "{\"status\":\"starting\",\"checks\":{}}")
    );
    health.started([Check::new("data\"base", || async { false })]);
    assert_eq!(probe(&layer, "GET", "/health/live", false).await, ok(200, "{\"status\":\"live\"}"));
    for path in ["/health", "/health/ready"] {
        assert_eq!(
            probe(&layer, "GET", path, false).await,
            ok(503, "{\"status\":\"unavailable\"}")
        );
        let told = "{\"status\":\"unavailable\",\"checks\":{\"data\\\"base\":\"down\"}}";
        assert_eq!(probe(&layer, "HEAD", path, true).await, ok(503, told));
    }
    assert_eq!(probe(&layer, "POST", "/health", false).await.0, 405);
    for path in ["/", "/healthy", "/health/", "/health/other", "/health/live/x"] {
        assert_eq!(probe(&layer, "GET", path, false).await, ok(200, "inside"));
    }
    health.drain();
    assert_eq!(
        probe(&layer, "GET", "/health/ready", false).await,
        ok(503, "{\"status\":\"draining\"}")
    );
    assert_eq!(probe(&layer, "GET", "/health/live", false).await.0, 200, "a drain is no death");
}

#[cfg(feature = "rustix")]
#[tokio::test]
async fn a_disk_without_room_or_a_folder_that_is_gone_is_down() {
    let folder = tempfile::tempdir().unwrap();
    for (path, least, verdict) in [
        (folder.path().to_owned(), 1, Verdict::Up),
        (folder.path().to_owned(), u64::MAX, Verdict::Down),
        (folder.path().join("gone"), 1, Verdict::Down),
    ] {
        let health = Health::new(Arc::new(ManualClock::new()));
        health.started([Check::disk("disk", path, least)]);
        assert_eq!(health.readiness().await.checks, [("disk", verdict)]);
    }
}
