//! One shield, under axum, under a plain service of hyper, and around what a gRPC server sends.

use std::convert::Infallible;

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use palisade::serve::Limits;
use palisade::shield::{Body, Shield};
use tower::{Layer, service_fn};

use crate::serve::house::{House, ask};
use crate::serve::http2::connect;

const HOST: &str = "localhost";

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn axum() {
    let app = Router::new()
        .route("/", axum::routing::get(async || "hello"))
        .route("/", post(async |body: Bytes| body))
        .layer(Shield::web([HOST]).unwrap().body_limit(100));
    let (house, door) = House::of(10);
    tokio::spawn(palisade::serve(door, app, Limits::new()).into_future());
    let answer = ask(&house, &get("/")).await.unwrap();
    assert!(answer.contains("content-security-policy: "), "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
    let chunks = "40\r\n".to_owned() + &"x".repeat(64) + "\r\n";
    let upload = format!(
        "POST / HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
         {chunks}{chunks}0\r\n\r\n"
    );
    // The extractor of axum sees which error broke the body off.
    let answer = ask(&house, &upload).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_plain_service() {
    let app = service_fn(async |request: Request<Body>| {
        if request.uri().path() == "/fails" {
            return Err("the secret is 4711");
        }
        Ok(Response::new(Full::new(Bytes::from_static(b"hello"))))
    });
    let app = Shield::api([HOST]).unwrap().layer(app);
    let (house, door) = House::of(10);
    tokio::spawn(palisade::serve(door, app, Limits::new()).into_future());
    let answer = ask(&house, &get("/")).await.unwrap();
    assert!(answer.contains("x-content-type-options: nosniff") && answer.ends_with("hello"));
    let answer = ask(&house, &get("/fails")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 500 ") && !answer.contains("4711"), "{answer}");
}

#[tokio::test]
async fn frames_and_trailers_of_grpc_pass() {
    let app = service_fn(async |request: Request<Body>| {
        let sent = request.into_body().collect().await.unwrap().to_bytes();
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        let body = Full::new(sent).with_trailers(async move { Some(Ok(trailers)) });
        Ok::<_, Infallible>(Response::new(body))
    });
    let app = Shield::api([HOST]).unwrap().layer(app);
    let (house, door) = House::of(10);
    tokio::spawn(palisade::serve(door, app, Limits::new()).into_future());
    let mut send = connect(&house).await;
    let request = Request::post(format!("http://{HOST}/exams.Exams/Grade"))
        .header("content-type", "application/grpc")
        .body(axum::body::Body::from("\0\0\0\0\x02hi"));
    let response = send.send_request(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let mut data = Vec::new();
    let mut status = None;
    while let Some(frame) = body.frame().await {
        let frame: Frame<Bytes> = frame.unwrap();
        match frame.into_data() {
            Ok(bytes) => data.extend(bytes),
            Err(frame) => status = frame.trailers_ref().map(|all| all["grpc-status"].clone()),
        }
    }
    assert_eq!((&*data, status.unwrap()), (&b"\0\0\0\0\x02hi"[..], HeaderValue::from_static("0")));
}
