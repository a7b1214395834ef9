//! HTTP/2: streams, pings, and the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::serve::{Ended, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::house::{House, app};

pub(crate) async fn connect(house: &House) -> SendRequest<Body> {
    let io = TokioIo::new(house.connect());
    let (send, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    send
}

fn get_request(path: &str) -> Request<Body> {
    Request::get(format!("http://localhost{path}")).body(Body::empty()).unwrap()
}

fn wait_request(seconds: u64) -> Request<Body> {
    let body = Body::from(seconds.to_string());
    Request::post("http://localhost/wait").body(body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn streams_are_bounded() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (of_app, most_of_app) = (Arc::clone(&running), Arc::clone(&most));
    let app = Router::new().route(
        "/",
        get(move || {
            let (running, most) = (Arc::clone(&of_app), Arc::clone(&most_of_app));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(Duration::from_secs(1)).await;
                running.fetch_sub(1, Ordering::SeqCst);
            }
        }),
    );
    let (house, door) = House::of(10);
    tokio::spawn(palisade::serve(door, app, Limits::new().streams(4)).into_future());
    let send = connect(&house).await;
    // The client has to hear of the bound first.
    send.clone().send_request(get_request("/")).await.unwrap();
    let mut requests = JoinSet::new();
    for _ in 0..40 {
        let mut send = send.clone();
        requests.spawn(async move { send.send_request(get_request("/")).await.unwrap().status() });
    }
    let answers = requests.join_all().await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK));
    assert_eq!((answers.len(), most.load(Ordering::SeqCst)), (40, 4));
}

#[tokio::test(start_paused = true)]
async fn headers_that_are_too_large_end_a_stream_alone() {
    let house = House::limited(10, Limits::new());
    let mut send = connect(&house).await;
    let large = Request::get("http://localhost/").header("a", "x".repeat(40_000));
    let refused = send.send_request(large.body(Body::empty()).unwrap()).await;
    let refused = refused.map(|response| response.status());
    assert!(matches!(refused, Err(_) | Ok(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_a_ping_is_gone() {
    let house = House::limited(10, Limits::new().idle(Duration::from_secs(10_000)));
    let mut stream = house.connect();
    // The preface, empty settings, and GET / as the first stream, which runs on.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    stream.write_all(b"\0\0\x04\x01\x05\0\0\0\x01\x82\x84\x86\x41").await.unwrap();
    let begin = Instant::now();
    let silent = tokio::spawn(async move {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.map(|_| all.len())
    });
    house.left(1).await;
    assert!(begin.elapsed().as_secs() <= 40, "{:?}", begin.elapsed());
    silent.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_and_a_busy_one_does_not() {
    let house = House::limited(10, Limits::new());
    let mut send = connect(&house).await;
    let begin = Instant::now();
    for _ in 0..20 {
        let response = send.send_request(wait_request(20)).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "waited");
    }
    assert_eq!(begin.elapsed().as_secs(), 400);
    house.left(1).await;
    assert!((475..=476).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_drain_loses_no_stream() {
    let (house, door) = House::of(100);
    let server = palisade::serve(door, app(), Limits::new());
    let server = tokio::spawn(server.until(sleep(Duration::from_secs(1))));
    let mut requests = JoinSet::new();
    for client in 1..=8 {
        let mut send = connect(&house).await;
        requests.spawn(async move {
            let response = send.send_request(wait_request(client)).await.unwrap();
            response.into_body().collect().await.unwrap().to_bytes()
        });
    }
    assert!(requests.join_all().await.iter().all(|body| body == "waited"));
    assert_eq!(server.await.unwrap(), Ended::Drained);
}

#[tokio::test(start_paused = true)]
async fn waiting_connections_of_http2_make_room_too() {
    let house = House::limited(100, Limits::new().connections(4));
    let (begin, mut idle) = (Instant::now(), Vec::new());
    for _ in 0..20 {
        let mut send = connect(&house).await;
        let response = send.send_request(get_request("/")).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
        idle.push(send);
    }
    assert!(house.open() <= 4, "{}", house.open());
    // Before any limit of time has come.
    assert_eq!(begin.elapsed().as_secs(), 0);
}
