//! Rules that ask what time it is, told with all others.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::Query;
use axum::routing::{get, post};
use axum::{Extension, Form, Json, Router};
use http::Request;
use http_body_util::BodyExt;
use palisade_core::{Clock, ManualClock};
use palisade_input_validation::check::{Node, Reader};
use palisade_input_validation::issue::{At, Issues, code};
use palisade_input_validation::schema::Schema;
use palisade_input_validation::{AsyncCheck, Check, CheckClock, Line, Valid, checked_with};
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

/// Seconds since 1970, not in the future.
#[derive(Clone, Debug, Deserialize)]
struct Past(u64);

impl Check for Past {
    const SCHEMA: Schema = u64::SCHEMA;

    fn check(&self, at: &At<'_>, issues: &mut Issues) {
        if at.now().is_none_or(|now| seconds(self.0) > now) {
            issues.add(at, code::RANGE.into());
        }
    }

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        let past = Self(u64::read(node, at, issues)?);
        past.check(at, issues);
        Some(past)
    }
}

#[derive(Clone, Debug, Deserialize, Check)]
#[serde(deny_unknown_fields)]
struct Visit {
    room: Line<8>,
    #[serde(default)]
    times: Vec<Past>,
    first: Past,
}

impl AsyncCheck<()> for Visit {
    async fn check_with(&self, (): &(), _: &mut Issues) {}
}

fn seconds(number: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(number)
}

fn told(issues: &Issues) -> Vec<String> {
    issues.iter().map(|issue| format!("{} {}", issue.pointer(), issue.code())).collect()
}

#[test]
fn the_time_is_asked_in_the_same_pass_on_both_ways_and_at_every_depth() {
    let reader = Reader::at(seconds(100));
    let of = |body: &str| reader.json::<Visit>(body.as_bytes()).map_err(|issues| told(&issues));
    assert!(of(r#"{"room": "a", "times": [1, 100], "first": 100}"#).is_ok());
    let fast = of(r#"{"room": "a", "times": [1, 101], "first": 200}"#).unwrap_err();
    assert_eq!(fast, ["#/times/1 range", "#/first range"]);
    let slow = of(r#"{"room": "far too long", "times": [101, "x"], "first": 200}"#).unwrap_err();
    let all = ["#/room chars", "#/times/0 range", "#/times/1 type_integer", "#/first range"];
    assert_eq!(slow, all);
    let issues = reader.pairs::<Visit>("room=&first=101").unwrap_err();
    assert_eq!(told(&issues), ["#/room chars", "#/first range"]);
    let fields = [("room", Some("a")), ("first", Some("101"))];
    assert_eq!(told(&reader.fields::<Visit>(fields).unwrap_err()), ["#/first range"]);
}

#[tokio::test]
async fn without_a_clock_a_rule_that_needs_one_refuses() {
    let body = br#"{"room": "a", "first": 0}"#;
    assert_eq!(told(&Reader::new().json::<Visit>(body).unwrap_err()), ["#/first range"]);
    let visit: Visit = Reader::at(seconds(0)).json(body).unwrap();
    assert!(checked_with(visit.clone(), &()).await.is_err());
    assert!(Reader::at(seconds(0)).checked_with(visit, &()).await.is_ok());
}

/// Returns the status and the places of what is wrong.
async fn ask(app: Router, request: Request<Body>) -> (u16, Vec<String>) {
    let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let errors = problem["errors"].as_array().into_iter().flatten();
    let places = errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect();
    (parts.status.as_u16(), places)
}

#[tokio::test]
async fn extractors_read_by_the_clock_of_the_application() {
    let routes = Router::new()
        .route("/json", post(async |visit: Valid<Json<Visit>>| visit.room.to_string()))
        .route("/form", post(async |visit: Valid<Form<Visit>>| visit.room.to_string()))
        .route("/query", get(async |visit: Valid<Query<Visit>>| visit.room.to_string()));
    let clock = ManualClock::starting_at(Duration::from_secs(100));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let app = routes.clone().layer(Extension(CheckClock::new(shared)));
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let request = |at: usize| {
        let (method, path, kind, body) = [
            ("POST", "/json", json, r#"{"room": "a", "first": 101}"#),
            ("POST", "/form", form, "room=a&first=101"),
            ("GET", "/query?room=a&first=101", json, ""),
        ][at];
        let request = Request::builder().method(method).uri(path).header("content-type", kind);
        request.body(Body::from(body)).unwrap()
    };
    let refused = (422, vec!["#/first".to_owned()]);
    for at in 0..3 {
        assert_eq!(ask(app.clone(), request(at)).await, refused, "{at}");
    }
    clock.advance(Duration::from_secs(1));
    for at in 0..3 {
        assert_eq!(ask(app.clone(), request(at)).await, (200, Vec::new()), "{at}");
        assert_eq!(ask(routes.clone(), request(at)).await, refused, "{at}");
    }
}
