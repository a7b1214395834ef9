//! The test kit: it passes a covered stack, and names what an uncovered one lacks.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use palisade_edge::{EdgeLayer, TrustedProxies};
use palisade_headers::{SecurityHeaders, SecurityHeadersLayer, assert_covered};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

fn headers() -> SecurityHeadersLayer {
    SecurityHeaders::strict().finish().unwrap()
}

fn edge(routes: Router) -> Router {
    routes.layer(EdgeLayer::new(TrustedProxies::none()))
}

fn limits(routes: Router) -> Router {
    let timeout =
        TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5));
    routes.layer(timeout).layer(CatchPanicLayer::new())
}

#[tokio::test(start_paused = true)]
async fn every_response_of_a_stack_with_the_headers_outside_is_covered() {
    assert_covered(|routes| edge(limits(routes).layer(headers()))).await.unwrap();
    assert_covered(|routes| edge(routes.layer(headers()))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn headers_inside_of_what_makes_responses_are_found_out() {
    let error = assert_covered(|routes| edge(limits(routes.layer(headers())))).await.unwrap_err();
    assert!(error.to_string().contains("500 Internal Server Error to GET /panic lacks"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn headers_on_routes_alone_miss_the_fallback() {
    let error = assert_covered(|routes| edge(routes.route_layer(headers()))).await.unwrap_err();
    assert!(error.to_string().contains("404 Not Found to GET /no-such-route lacks"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn no_headers_at_all_are_found_out() {
    let error = assert_covered(|routes| routes).await.unwrap_err();
    assert!(error.to_string().contains("200 OK to GET /status/200 lacks"), "{error}");
}
