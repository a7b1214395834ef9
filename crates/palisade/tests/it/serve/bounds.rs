//! What a server does at its bounds.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{Request, Response};
use http_body_util::Full;
use palisade::edge::Peer;
use palisade::serve::{Limits, RequestBody};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};
use tower::service_fn;

use super::house::{HELLO, House, ask, read_answer, wait};

#[tokio::test(start_paused = true)]
async fn a_full_house_waits_for_an_answer() {
    let house = House::limited(100, Limits::new().connections(2));
    for _ in 0..2 {
        let mut stream = house.connect();
        stream.write_all(wait(5).as_bytes()).await.unwrap();
        tokio::spawn(async move { read_answer(&mut stream).await.unwrap() });
    }
    house.entered(2).await;
    let begin = Instant::now();
    assert!(ask(&house, HELLO).await.unwrap().ends_with("hello"));
    assert_eq!(begin.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn who_runs_a_request_is_not_made_to_go() {
    let house = House::limited(100, Limits::new().connections(2));
    let mut busy = house.connect();
    busy.write_all(wait(20).as_bytes()).await.unwrap();
    house.entered(1).await;
    for _ in 0..1000 {
        assert!(ask(&house, HELLO).await.unwrap().ends_with("hello"));
    }
    assert!(read_answer(&mut busy).await.unwrap().ends_with("waited"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs() {
    let house = House::limited(100, Limits::new());
    let begin = Instant::now();
    let mut stream = house.connect();
    stream.write_all(wait(1000).as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), 30);
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.contains("retry-after: 1\r\n") && answer.contains(r#""deadline_exceeded""#));
    // The connection goes on.
    stream.write_all(HELLO.as_bytes()).await.unwrap();
    assert!(read_answer(&mut stream).await.unwrap().ends_with("hello"));
}

#[tokio::test]
async fn an_application_that_fails() {
    let (house, door) = House::of(10);
    let app = service_fn(async |_: Request<RequestBody>| {
        Err::<Response<Full<Bytes>>, _>("the secret is 4711")
    });
    tokio::spawn(palisade::serve(door, app, Limits::new()).into_future());
    let answer = ask(&house, HELLO).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
    assert!(answer.contains(r#""code":"internal""#) && !answer.contains("4711"), "{answer}");
}

#[tokio::test]
async fn a_plain_service_knows_its_peer() {
    let (house, door) = House::of(10);
    let app = service_fn(async |request: Request<RequestBody>| {
        let peer = request.extensions().get::<Peer>().unwrap();
        let text = format!("{} tls={}", peer.address(), peer.is_tls());
        Ok::<_, std::convert::Infallible>(Response::new(Body::from(text)))
    });
    tokio::spawn(palisade::serve(door, app, Limits::new()).into_future());
    let answer = ask(&house, HELLO).await.unwrap();
    assert!(answer.ends_with("\r\n\r\n192.0.2.7:50123 tls=false"), "{answer}");
}

#[tokio::test]
async fn headers_that_are_too_large() {
    let house = House::limited(100, Limits::new());
    let with = |fields: String| format!("GET / HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    let long = with(format!("a: {}\r\n", "x".repeat(70_000)));
    let many = with("a: b\r\n".repeat(101));
    for request in [long, many] {
        let answer = ask(&house, &request).await.unwrap_or_default();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:.100}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_is_let_go() {
    let house = House::limited(100, Limits::new().age(Duration::from_mins(1)));
    let mut stream = house.connect();
    let mut answers = 0;
    for _ in 0..100 {
        if stream.write_all(wait(7).as_bytes()).await.is_err() {
            break;
        }
        let Some(answer) = read_answer(&mut stream).await else { break };
        assert!(answer.ends_with("waited"));
        answers += 1;
    }
    // The ninth began within the minute and was answered.
    assert_eq!(answers, 9);
    house.left(1).await;
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_that_runs_a_request_for_ever_is_cut() {
    let limits = Limits::new().age(Duration::from_mins(1)).request(Duration::from_secs(10_000));
    let house = House::limited(100, limits);
    let begin = Instant::now();
    let mut stream = house.connect();
    stream.write_all(wait(5000).as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await, None);
    // An age and a drain.
    assert!((70..=86).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_dropped_ends_its_connections() {
    let (house, door) = House::of(10);
    let server =
        tokio::spawn(palisade::serve(door, super::house::app(), Limits::new()).into_future());
    let mut stream = house.connect();
    stream.write_all(wait(20).as_bytes()).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    server.abort();
    assert_eq!(read_answer(&mut stream).await, None);
    house.left(1).await;
}
