//! Requests are recorded, and answered only when they are.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use palisade_audit::layer::{Addition, Level, Policy, describe};
use palisade_audit::{Actor, AuditLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{json, lines, open};

type Body = Full<Bytes>;

async fn handler(request: Request<()>) -> Result<Response<Body>, Infallible> {
    let status = match request.uri().path() {
        "/denied" => StatusCode::FORBIDDEN,
        "/wrong" => StatusCode::NOT_FOUND,
        "/broken" => StatusCode::INTERNAL_SERVER_ERROR,
        "/panics" => panic!("in the handler"),
        "/hangs" => std::future::pending().await,
        _ => StatusCode::OK,
    };
    let addition = match request.uri().path() {
        "/locked" => Addition::omit(),
        _ => Addition::new(|event| event.target("thing", "t1")),
    };
    Ok(Response::builder().status(status).extension(addition).body(Body::default()).unwrap())
}

fn policy() -> Policy {
    Policy::new().rule(&["GET"], "/health*", Level::None).rule(&["GET"], "*", Level::Metadata).rule(
        &[],
        "*",
        Level::Request,
    )
}

fn get(path: &str) -> Request<()> {
    Request::get(path).header("x-user", "u1").body(()).unwrap()
}

fn layer(log: &palisade_audit::AuditLog) -> AuditLayer {
    AuditLayer::new(log.clone(), policy()).described_by(|parts, level| {
        let user = parts.headers.get("x-user").and_then(|user| user.to_str().ok());
        let actor = user.map_or_else(Actor::anonymous, |user| Actor::user(user.to_owned()));
        describe(parts, level).actor(actor)
    })
}

#[tokio::test]
async fn what_the_policy_says_is_in_the_file_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let app = layer(&log).layer(service_fn(handler));
    app.clone().oneshot(get("/health/live")).await.unwrap();
    assert_eq!(lines(folder.path()).len(), 1);
    for (path, outcome) in [
        ("/a?token=secret", "success"),
        ("/denied", "denied"),
        ("/wrong", "failure"),
        ("/broken", "error"),
    ] {
        app.clone().oneshot(get(path)).await.unwrap();
        let lines = lines(folder.path());
        let last = json(lines.last().unwrap());
        assert_eq!((&last["action"], &last["outcome"]), (&"http.request".into(), &outcome.into()));
        assert_eq!((&last["actor"]["id"], &last["target"]["id"]), (&"u1".into(), &"t1".into()));
        assert!(!lines.last().unwrap().contains("secret"), "no query at this level");
    }
    let before = lines(folder.path()).len();
    app.clone().oneshot(get("/locked")).await.unwrap();
    assert_eq!(lines(folder.path()).len(), before);
    let post = Request::post("/a?page=2").body(()).unwrap();
    app.oneshot(post).await.unwrap();
    let lines = lines(folder.path());
    let [begun, ended] = [json(&lines[lines.len() - 2]), json(&lines[lines.len() - 1])];
    assert_eq!(begun["outcome"], "pending");
    assert_eq!((&ended["outcome"], &ended["begun"]), (&"success".into(), &begun["seq"]));
    assert!(lines.last().unwrap().contains("page=2"));
}

#[tokio::test]
async fn a_request_that_is_not_recorded_is_not_answered_and_a_first_event_guards_the_handler() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.close().await.unwrap();
    let handled = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = std::sync::Arc::clone(&handled);
    let counted = service_fn(move |request| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        handler(request)
    });
    let count = || handled.load(std::sync::atomic::Ordering::SeqCst);
    let app = layer(&log).layer(counted.clone());
    assert_eq!(app.clone().oneshot(get("/a")).await.unwrap().status(), 503);
    assert_eq!(count(), 1);
    let post = || Request::post("/a").body(()).unwrap();
    assert_eq!(app.oneshot(post()).await.unwrap().status(), 503);
    assert_eq!(count(), 1, "the handler did not run");
    // The same without the layer's promise: the attack goes through unseen.
    let app = layer(&log).best_effort().layer(counted);
    assert_eq!(app.oneshot(post()).await.unwrap().status(), 200);
    assert_eq!(count(), 2);
    assert!(log.stats().dropped > 0);
}

#[tokio::test]
async fn panics_and_clients_that_go_away_leave_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let mut app = layer(&log).layer(service_fn(handler));
    let call = app.ready().await.unwrap().call(get("/panics"));
    assert!(tokio::spawn(call).await.unwrap_err().is_panic());
    let call = app.ready().await.unwrap().call(get("/hangs"));
    let call = tokio::spawn(call);
    tokio::task::yield_now().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    log.close().await.unwrap();
    for path in ["/panics", "/hangs"] {
        let events: Vec<_> =
            lines(folder.path()).into_iter().filter(|l| l.contains(path)).collect();
        assert_eq!(events.len(), 1);
        assert_eq!(json(&events[0])["outcome"], "aborted");
    }
}
