//! Figures of requests, and that nobody outside makes series.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Method, Request, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use palisade_core::{ManualClock, SecurityEvent};
use palisade_observe::metric::{BUCKETS, Guard, MetricsLayer, SecurityCounter};
use palisade_observe::request::{Ids, NoteLayer, RequestLogLayer};
use palisade_testkit::alloc::{Allocations, count};
use tower::{Layer, Service, ServiceExt};
use tracing_subscriber::prelude::*;

/// Runs a piece of code with a recorder of its own; returns what a scrape would read.
fn measured<T>(work: impl FnOnce(&PrometheusHandle) -> T) -> String {
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS).unwrap().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || work(&handle));
    handle.render()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn layer(clock: &ManualClock) -> MetricsLayer {
    MetricsLayer::new(Arc::new(clock.clone()))
}

#[test]
fn requests_are_measured_by_method_route_and_status() {
    let clock = ManualClock::new();
    let slow = clock.clone();
    let routes = Router::new().route(
        "/students/{code}",
        get(move || async move { slow.advance(Duration::from_millis(60)) }),
    );
    let text = measured(|handle| {
        block_on(async {
            let inside = routes.clone().layer(layer(&clock));
            let outside = routes
                .layer(NoteLayer::new())
                .layer(layer(&clock))
                .layer(RequestLogLayer::new(Arc::new(clock.clone()), Ids::with_key([1; 16])));
            for app in [inside, outside] {
                for path in ["/students/S1", "/students/S2", "/nowhere"] {
                    app.clone()
                        .oneshot(Request::get(path).body(Body::empty()).unwrap())
                        .await
                        .unwrap();
                }
            }
            assert!(
                handle
                    .render()
                    .contains("http_server_active_requests{http_request_method=\"GET\"} 0")
            );
        });
    });
    let labels = "http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/students/{code}\"";
    for line in [
        format!("http_server_request_duration_seconds_bucket{{{labels},le=\"0.05\"}} 0"),
        format!("http_server_request_duration_seconds_bucket{{{labels},le=\"0.075\"}} 4"),
        format!("http_server_request_duration_seconds_count{{{labels}}} 4"),
    ] {
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
    assert!(text.contains("http_response_status_code=\"404\",http_route=\"_unmatched\""), "{text}");
    assert!(!text.contains("nowhere"), "{text}");
}

#[test]
fn a_request_that_is_given_up_is_measured_and_no_longer_runs() {
    let text = measured(|_| {
        let inner = tower::service_fn(|_: Request<()>| {
            std::future::pending::<Result<Response<()>, Infallible>>()
        });
        let mut service = layer(&ManualClock::new()).layer(inner);
        drop(service.call(Request::new(())));
    });
    assert!(text.contains("http_response_status_code=\"499\""), "{text}");
    assert!(text.contains("http_server_active_requests{http_request_method=\"GET\"} 0"), "{text}");
}

/// A million strange URLs, methods and hosts; the number of series is that after the first two.
#[test]
fn nobody_outside_makes_series() {
    let series = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    let rounds: u32 = std::env::var("PALISADE_OBSERVE_URLS").map_or(20_000, |n| n.parse().unwrap());
    measured(|handle| {
        block_on(async {
            let app = Router::new().route("/a", get(|| async {})).layer(layer(&ManualClock::new()));
            let ask = |n: u32| {
                let method = Method::from_bytes(format!("X{n}").as_bytes()).unwrap();
                let uri = format!("http://h{n}.test/p{n}?q={n}");
                app.clone().oneshot(
                    Request::builder().method(method).uri(uri).body(Body::empty()).unwrap(),
                )
            };
            ask(0).await.unwrap();
            let before = series(&handle.render());
            for number in 1..rounds {
                ask(number).await.unwrap();
            }
            let after = handle.render();
            assert_eq!(series(&after), before, "{after}");
            assert!(after.contains("_OTHER") && !after.contains("X1"));
        });
    });
}

#[test]
fn routes_without_end_share_one_series() {
    let text = measured(|_| {
        block_on(async {
            let layer = MetricsLayer::with_most_routes(Arc::new(ManualClock::new()), 3);
            for number in 0..10 {
                let path = format!("/r{number}");
                let app = Router::new().route(&path, get(|| async {})).layer(layer.clone());
                app.oneshot(Request::get(&path).body(Body::empty()).unwrap()).await.unwrap();
            }
        });
    });
    assert_eq!(text.lines().filter(|line| line.contains("_count{")).count(), 4, "{text}");
    assert!(text.contains("http_route=\"_overflow\"} 7"), "{text}");
}

#[test]
fn with_the_guard_no_metric_grows_beyond_its_bound_and_without_it_does() {
    let use_it = || {
        for number in 0..1000 {
            metrics::counter!("a_total", "user" => number.to_string()).increment(1);
            metrics::gauge!("b", "user" => number.to_string()).set(1.0);
            metrics::histogram!("c", "user" => number.to_string()).record(1.0);
        }
        metrics::counter!("plain_total").increment(1);
    };
    let series = |text: &str| {
        text.lines().filter(|line| line.contains("user=") && !line.contains("quantile")).count()
    };
    assert!(series(&measured(|_| use_it())) >= 3000, "the attack works without the guard");
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&Guard::new(recorder, 10), use_it);
    let text = handle.render();
    assert_eq!(text.lines().filter(|line| line.starts_with("a_total{user=")).count(), 10);
    assert!(
        text.contains("a_total{overflow=\"true\"} 990") && text.contains("plain_total 1"),
        "{text}"
    );
    assert!(text.contains("palisade_observe_overflow_total{metric=\"b\"} 990"), "{text}");
}

#[test]
fn security_events_are_counted_by_their_names_and_no_others() {
    let text = measured(|_| {
        let subscriber = tracing_subscriber::registry().with(SecurityCounter::new());
        tracing::subscriber::with_default(subscriber, || {
            let target = SecurityEvent::TARGET;
            for _ in 0..3 {
                tracing::warn!(target: SecurityEvent::TARGET, event = SecurityEvent::LoginFail.as_str());
            }
            for number in 0..100 {
                let forged = format!("forged{number}");
                tracing::warn!(target: SecurityEvent::TARGET, event = forged.as_str());
            }
            tracing::warn!(event = SecurityEvent::LoginFail.as_str(), target);
        });
    });
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("palisade")).collect();
    for line in [
        "palisade_observe_security_events_total{event=\"_other\"} 100",
        "palisade_observe_security_events_total{event=\"authn_login_fail\"} 3",
    ] {
        assert!(lines.contains(&line), "{text}");
    }
    assert_eq!(lines.len(), 2, "{text}");
}

#[test]
fn measuring_allocates_nothing() {
    let _ = measured(|_| {
        let inner = tower::service_fn(|_: Request<()>| {
            std::future::ready(Ok::<_, Infallible>(Response::new(())))
        });
        let mut bare = inner;
        let mut service = layer(&ManualClock::new()).layer(inner);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut ask = |measured: bool| {
            let request = Request::new(());
            if measured {
                let future = std::pin::pin!(service.call(request));
                assert!(future.poll(&mut cx).is_ready());
            } else {
                let future = std::pin::pin!(bare.call(request));
                assert!(future.poll(&mut cx).is_ready());
            }
        };
        (0..2000).for_each(|_| ask(true));
        assert_eq!(count(|| ask(false)), Allocations::NONE, "the bare service");
        // The exporter's buffer of samples takes a new block now and then.
        let blocks: u64 = (0..1000).map(|_| count(|| ask(true)).allocations).sum();
        assert!(blocks <= 20, "{blocks} blocks for a thousand requests");
    });
}
