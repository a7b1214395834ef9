//! What the quickstart answers, directly and behind a proxy.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use http_body_util::BodyExt;
use tower::ServiceExt;

async fn ask(proxies: &[&str], host: &str) -> (u16, String) {
    let proxies: Vec<String> = proxies.iter().map(|range| (*range).to_owned()).collect();
    let mut request = Request::get("/")
        .header("host", host)
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-forwarded-proto", "https")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 50123))));
    let response = quickstart::app(&proxies).unwrap().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn a_trusted_proxy_speaks_for_its_client() {
    let expected = "203.0.113.9 asked https://localhost\n".to_owned();
    assert_eq!(ask(&["10.0.0.0/8"], "localhost").await, (200, expected));
}

#[tokio::test]
async fn anybody_else_speaks_for_himself() {
    let expected = "10.0.0.1 asked http://localhost\n".to_owned();
    assert_eq!(ask(&[], "localhost").await, (200, expected.clone()));
    assert_eq!(ask(&["192.0.2.0/24"], "localhost").await, (200, expected));
}

#[tokio::test]
async fn a_foreign_host_name_is_misdirected() {
    assert_eq!(ask(&[], "evil.test").await.0, 421);
}

#[test]
fn a_network_that_is_none_is_refused() {
    let error = quickstart::app(&["10.0.0.0/33".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("10.0.0.0/33"), "{error}");
}
