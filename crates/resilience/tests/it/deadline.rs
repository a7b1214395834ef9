//! Deadlines as values, functions and layers.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use palisade_core::{Clock, Problem};
use palisade_resilience::RuntimeClock;
use palisade_resilience::deadline::{
    CarriesDeadline, Deadline, DeadlineError, DeadlineLayer, HttpDeadlineLayer,
};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const MS: Duration = Duration::from_millis(1);

fn now() -> std::time::Instant {
    RuntimeClock::new().now()
}

proptest! {
    #[test]
    fn a_deadline_inside_another_only_shortens(outer: u32, inner: u32, passed: u32) {
        let start = now();
        let (outer, inner) = (MS * outer, MS * inner);
        let both = Deadline::after(start, outer).shortened(start, inner);
        prop_assert_eq!(both.remaining(start), outer.min(inner));
        let later = start + MS * passed;
        prop_assert_eq!(both.remaining(later), outer.min(inner).saturating_sub(MS * passed));
        prop_assert_eq!(both.has_passed(later), both.remaining(later).is_zero());
    }
}

#[test]
fn a_deadline_beyond_all_time_is_far_away_and_not_now() {
    let far = Deadline::after(now(), Duration::MAX);
    assert!(far.remaining(now()) > Duration::from_hours(24 * 365 * 29));
}

#[tokio::test(start_paused = true)]
async fn a_future_is_cut_off_at_the_deadline_and_not_before() {
    let start = now();
    let deadline = Deadline::after(start, 50 * MS);
    deadline.run(pending::<()>()).await.unwrap_err();
    assert!(now() - start >= 50 * MS && now() - start < 55 * MS);
    let result = deadline.run_fallible(ready(Err::<(), _>("down"))).await;
    assert_eq!(result, Err(DeadlineError::Inner("down")), "a result that is there wins");
}

#[tokio::test(start_paused = true)]
async fn a_future_that_never_yields_its_budget_is_cut_off_too() {
    let deadline = Deadline::after(now(), 20 * MS);
    let busy = async {
        loop {
            tokio::task::consume_budget().await;
            tokio::time::sleep(MS).await;
        }
    };
    deadline
        .run::<_>(async {
            let () = busy.await;
        })
        .await
        .unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn the_inner_layer_cannot_lengthen_the_outer_deadline() {
    let start = now();
    let hangs = service_fn(|_: Request<()>| pending::<Result<(), Infallible>>());
    let inner = DeadlineLayer::new(Duration::from_mins(1)).layer(hangs);
    let outer = DeadlineLayer::new(50 * MS).layer(inner);
    outer.oneshot(Request::new(())).await.unwrap_err();
    assert!(now() - start < 55 * MS);
}

#[tokio::test(start_paused = true)]
async fn what_is_inside_finds_the_nearer_deadline() {
    let outer = Deadline::after(now(), 30 * MS);
    for (limit, expected) in [(10, 10), (100, 30)] {
        let mut request = Request::new(());
        request.set_deadline(outer);
        let inner = service_fn(|request: Request<()>| {
            ready(Ok::<_, Infallible>(request.deadline().unwrap().remaining(now())))
        });
        let left = DeadlineLayer::new(limit * MS).layer(inner).oneshot(request).await.unwrap();
        assert_eq!(left, expected * MS);
    }
}

fn slow() -> impl tower::Service<
    Request<()>,
    Response = Response<Vec<u8>>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Vec<u8>>, Infallible>>,
> {
    service_fn(|_: Request<()>| async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok::<_, Infallible>(Response::new(b"late".to_vec()))
    })
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_is_answered_with_a_problem() {
    let own = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "exam_busy");
    let second = Duration::from_secs(1);
    let table = [
        (HttpDeadlineLayer::new(second), 503, "deadline_exceeded", Some("1")),
        (HttpDeadlineLayer::gateway(second), 504, "upstream_timeout", None),
        (HttpDeadlineLayer::new(second).with_problem(&own), 503, "exam_busy", None),
    ];
    for (layer, status, code, retry_after) in table {
        let response = layer.layer(slow()).oneshot(Request::new(())).await.unwrap();
        assert_eq!(response.status(), status);
        let header = response.headers().get("retry-after").map(|value| value.to_str().unwrap());
        assert_eq!(header, retry_after);
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body["code"], code);
    }
    // Without the layer the client waits for as long as the handler likes.
    let response = slow().oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.into_body(), b"late");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_too_late_is_not_passed_on() {
    let called = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&called);
    let inner = service_fn(move |_: Request<()>| {
        seen.store(true, Ordering::SeqCst);
        ready(Ok::<_, Infallible>(Response::new(Vec::<u8>::new())))
    });
    let mut request = Request::new(());
    request.set_deadline(Deadline::at(now()));
    let response =
        HttpDeadlineLayer::new(Duration::from_secs(1)).layer(inner).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(!called.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_dependency_becomes_a_504_where_the_handler_says_so() {
    let exceeded = Deadline::after(now(), MS).run(pending::<()>()).await.unwrap_err();
    assert_eq!(exceeded.problem().status(), 504);
    assert_eq!(exceeded.problem().code(), "upstream_timeout");
}

#[test]
fn the_http_service_adds_one_pointer() {
    let service = HttpDeadlineLayer::new(Duration::from_secs(1)).layer(());
    assert_eq!(size_of_val(&service), size_of::<usize>());
}
