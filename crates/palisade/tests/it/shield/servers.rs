//! One shield, under axum, under a plain service of hyper, and around a gRPC server of tonic.

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use palisade::serve::Limits;
use palisade::shield::{Body, Shield};
use tokio::net::TcpListener;
use tonic::Code;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus as Status;
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer, service_fn};

use crate::serve::house::{House, ask};

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
async fn tonic() {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("exams", ServingStatus::Serving).await;
    let app = Shield::api([HOST]).unwrap().layer(Routes::new(health));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(palisade::serve(listener, app, Limits::new()).into_future());
    let named = async |host: &str| {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let origin = format!("http://{host}").parse().unwrap();
        HealthClient::new(endpoint.origin(origin).connect().await.unwrap())
    };
    let exams = || HealthCheckRequest { service: "exams".to_owned() };

    let mut client = named(HOST).await;
    let answer = client.check(exams()).await.unwrap();
    assert_eq!(answer.metadata().get("x-content-type-options").unwrap(), "nosniff");
    assert_eq!(answer.get_ref().status(), Status::Serving);
    // A call that goes on: each message passes as it comes.
    let mut seen = client.watch(exams()).await.unwrap().into_inner();
    assert_eq!(seen.message().await.unwrap().unwrap().status(), Status::Serving);
    reporter.set_service_status("exams", ServingStatus::NotServing).await;
    assert_eq!(seen.message().await.unwrap().unwrap().status(), Status::NotServing);
    // An error is in the trailers.
    let unknown = HealthCheckRequest { service: "grades".to_owned() };
    assert_eq!(client.check(unknown).await.unwrap_err().code(), Code::NotFound);
    // Who names another host is refused before the service is asked.
    let refused = named("evil.example").await.check(exams()).await.unwrap_err();
    assert_eq!(refused.metadata().get("x-content-type-options").unwrap(), "nosniff");
    assert_ne!(refused.code(), Code::NotFound);
}
