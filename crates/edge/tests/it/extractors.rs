//! The extractors of axum.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http::{Request, StatusCode};
use palisade_edge::{ClientIp, EdgeLayer, ExternalUrl, Forwarding};
use tower::ServiceExt;

use crate::request::trusted;

async fn both(client: ClientIp, url: ExternalUrl) -> String {
    format!("{client} {url}")
}

async fn perhaps(client: Option<ClientIp>, url: Option<ExternalUrl>) -> String {
    format!("{} {}", client.is_some(), url.is_some())
}

fn app() -> Router {
    Router::new().route("/", get(both)).route("/health", get(perhaps))
}

async fn answer(app: Router, path: &str, peer: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get(path)
        .header("host", "example.com")
        .header("x-forwarded-for", "6.6.6.6, 203.0.113.9")
        .header("x-forwarded-proto", "https")
        .body(Body::empty())
        .unwrap();
    if let Some(peer) = peer {
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
    }
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn handlers_take_both_facts_as_arguments() {
    let app = app().layer(EdgeLayer::new(trusted(Forwarding::XForwardedFor)));
    let (status, body) = answer(app.clone(), "/", Some("10.0.0.1:4000")).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "203.0.113.9 https://example.com"));
    let (_, body) = answer(app, "/", Some("198.51.100.4:4000")).await;
    assert_eq!(body, "198.51.100.4 http://example.com");
}

#[tokio::test]
async fn without_the_layer_the_extractor_closes_the_door() {
    let (status, _) = answer(app(), "/", Some("10.0.0.1:4000")).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_handler_that_can_do_without_takes_an_option() {
    let app = app().layer(EdgeLayer::new(trusted(Forwarding::XForwardedFor)));
    let (status, body) = answer(app.clone(), "/health", None).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "false false"));
    let (_, body) = answer(app, "/health", Some("10.0.0.1:4000")).await;
    assert_eq!(body, "true true");
}
