//! Requests are recorded, and answered only when they are.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use palisade_audit::layer::{Addition, Level, Policy, Unrecorded, describe};
use palisade_audit::{Actor, AuditLayer};
use serde_json::{Value, json as value};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{json, lines, open};

type Body = Full<Bytes>;

async fn handler(request: Request<()>) -> Result<Response<Body>, Infallible> {
    let status = match request.uri().path() {
        "/panics" => panic!("in the handler"),
        "/hangs" => std::future::pending().await,
        path => path[1..].parse().unwrap_or(StatusCode::OK),
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

fn detail(event: &Value, name: &str) -> Value {
    let details = event["details"].as_array().unwrap();
    details.iter().find(|detail| detail["name"] == name).map_or(Value::Null, |d| d["value"].clone())
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
    for (path, status, outcome) in [
        ("/a?token=secret", 200, "success"),
        ("/303", 303, "success"),
        ("/401", 401, "denied"),
        ("/403", 403, "denied"),
        ("/429", 429, "denied"),
        ("/404", 404, "failure"),
        ("/500", 500, "error"),
    ] {
        app.clone().oneshot(get(path)).await.unwrap();
        let lines = lines(folder.path());
        let last = json(lines.last().unwrap());
        assert_eq!((&last["action"], &last["outcome"]), (&"http.request".into(), &outcome.into()));
        assert_eq!(detail(&last, "status"), status);
        assert_eq!((&last["actor"]["id"], &last["target"]["id"]), (&"u1".into(), &"t1".into()));
        assert!(!lines.last().unwrap().contains("secret"), "no query at this level");
    }
    let before = lines(folder.path()).len();
    app.clone().oneshot(get("/locked")).await.unwrap();
    assert_eq!(lines(folder.path()).len(), before);
    let locked = Request::post("/locked").body(()).unwrap();
    app.clone().oneshot(locked).await.unwrap();
    assert_eq!(lines(folder.path()).len(), before + 2, "what has begun has its end");
    let post = Request::post("/a?page=2").header("content-type", "text/csv");
    app.oneshot(post.header("content-length", "7").body(()).unwrap()).await.unwrap();
    let lines = lines(folder.path());
    let [begun, ended] = [json(&lines[lines.len() - 2]), json(&lines[lines.len() - 1])];
    assert_eq!(begun["outcome"], "pending");
    assert_eq!((&ended["outcome"], &ended["begun"]), (&"success".into(), &begun["seq"]));
    for (name, told) in [("query", "page=2"), ("content-type", "text/csv"), ("content-length", "7")]
    {
        assert_eq!((detail(&begun, name), detail(&ended, name)), (value!(told), value!(told)));
    }
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
async fn a_refusal_tells_whether_anything_may_have_been_done() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.close().await.unwrap();
    let post = || Request::post("/a").body(()).unwrap();
    let app = layer(&log).layer(service_fn(handler));
    for (request, told) in [(get("/a"), "may have been done"), (post(), "nothing was done")] {
        let answer = app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let problem = json(std::str::from_utf8(&body).unwrap());
        assert_eq!(problem["code"], "audit_unavailable");
        assert!(problem["detail"].as_str().unwrap().contains(told), "{problem}");
    }
    let own = |unrecorded: &Unrecorded| {
        let status = if unrecorded.handled { 500 } else { 507 };
        Response::builder().status(status).body(Body::default()).unwrap()
    };
    let app = layer(&log).with_rejection(own).layer(service_fn(handler));
    assert_eq!(app.clone().oneshot(get("/a")).await.unwrap().status(), 500);
    assert_eq!(app.oneshot(post()).await.unwrap().status(), 507);
}

/// Answers with an error; panics unless the one that is called was ready.
struct Careful(bool);

impl Clone for Careful {
    fn clone(&self) -> Self {
        Self(false)
    }
}

impl Service<Request<()>> for Careful {
    type Response = Response<Body>;
    type Error = &'static str;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0 = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.0), "not ready");
        ready(Err("no answer"))
    }
}

#[tokio::test]
async fn the_service_that_was_ready_is_called_and_its_error_is_recorded_and_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let mut app = layer(&log).layer(Careful(false));
    for path in ["/health", "/a", "/b"] {
        assert_eq!(app.ready().await.unwrap().call(get(path)).await.err(), Some("no answer"));
    }
    let lines = lines(folder.path());
    assert_eq!(lines.len(), 3);
    assert!(lines[1..].iter().all(|line| json(line)["outcome"] == "error"), "{lines:?}");
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
