//! Each attack holds a plain server for as long as it likes, and ours for as long as the limits say.

use std::time::Duration;

use palisade::serve::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep, timeout};

use super::house::{FOR_EVER, HELLO, House, ask};

const PLENTY: usize = 10_000;

/// Sends what is there at once, then the rest a byte at a time, again and again.
async fn drip(mut stream: DuplexStream, at_once: &str, rest: &str, pause: Duration) {
    if stream.write_all(at_once.as_bytes()).await.is_err() {
        return;
    }
    let mut answer = [0; 1024];
    for byte in rest.bytes().cycle() {
        tokio::select! {
            read = stream.read(&mut answer) => if !matches!(read, Ok(1..)) { return },
            () = sleep(pause) => if stream.write_all(&[byte]).await.is_err() { return },
        }
    }
}

/// How long a server holds a connection on which this comes; nothing where it does for ever.
async fn held(house: House, at_once: &'static str, rest: &'static str) -> Option<Duration> {
    let begin = Instant::now();
    tokio::spawn(drip(house.connect(), at_once, rest, Duration::from_secs(10)));
    let left = timeout(FOR_EVER, house.left(1)).await;
    left.is_ok().then(|| begin.elapsed())
}

async fn compare(at_once: &'static str, rest: &'static str) -> (Option<u64>, Option<u64>) {
    let seconds = |held: Option<Duration>| held.map(|held| held.as_secs());
    let ours = held(House::limited(PLENTY, Limits::new()), at_once, rest).await;
    (seconds(held(House::plain(PLENTY), at_once, rest).await), seconds(ours))
}

#[tokio::test(start_paused = true)]
async fn slow_headers() {
    assert_eq!(compare("GET / HTTP/1.1\r\n", "a: b\r\n").await, (None, Some(15)));
}

#[tokio::test(start_paused = true)]
async fn slow_headers_of_a_second_request() {
    let first = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    // The first byte comes after ten seconds, the end fifteen later.
    let rest = "GET / HTTP/1.1\r\nhost: localhost\r\na: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_eq!(compare(first, rest).await, (None, Some(25)));
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection() {
    let silent = |house: House| async move {
        let (begin, stream) = (Instant::now(), house.connect());
        let left = timeout(FOR_EVER, house.left(1)).await;
        drop(stream);
        left.is_ok().then(|| begin.elapsed().as_secs())
    };
    assert_eq!(silent(House::plain(PLENTY)).await, None);
    assert_eq!(silent(House::limited(PLENTY, Limits::new())).await, Some(15));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection() {
    let idle = |house: House| async move {
        let (begin, mut stream) = (Instant::now(), house.connect());
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let left = timeout(FOR_EVER, house.left(1)).await;
        drop(stream);
        left.is_ok().then(|| begin.elapsed().as_secs())
    };
    assert_eq!(idle(House::plain(PLENTY)).await, None);
    assert_eq!(idle(House::limited(PLENTY, Limits::new())).await, Some(75));
}

#[tokio::test(start_paused = true)]
async fn a_slow_preface() {
    let slow = |house: House| async move {
        let (begin, mut stream) = (Instant::now(), house.connect());
        let dripping = tokio::spawn(async move {
            for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n" {
                let _ = stream.write_all(&[*byte]).await;
                sleep(Duration::from_secs(10)).await;
            }
            sleep(FOR_EVER * 2).await;
        });
        let left = timeout(FOR_EVER, house.left(1)).await;
        dripping.abort();
        left.is_ok().then(|| begin.elapsed().as_secs())
    };
    assert_eq!(slow(House::plain(PLENTY)).await, None);
    assert_eq!(slow(House::limited(PLENTY, Limits::new())).await, Some(15));
}

const UPLOAD: &str = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn a_slow_body() {
    assert_eq!(compare(UPLOAD, "x").await, (None, Some(30)));
    // The client is told.
    let answer = ask(&House::limited(PLENTY, Limits::new()), UPLOAD).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.contains(r#""code":"request_timeout""#), "{answer}");
    for header in ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff"]
    {
        assert!(answer.contains(header), "{header}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader() {
    let slow = |house: House| async move {
        let (begin, mut stream) = (Instant::now(), house.connect());
        stream.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let reading = tokio::spawn(async move {
            let mut taken = [0; 1];
            while let Ok(1) = stream.read(&mut taken).await {
                sleep(Duration::from_secs(10)).await;
            }
        });
        let left = timeout(FOR_EVER, house.left(1)).await;
        reading.abort();
        left.is_ok().then(|| begin.elapsed().as_secs())
    };
    assert_eq!(slow(House::plain(PLENTY)).await, None);
    assert_eq!(slow(House::limited(PLENTY, Limits::new())).await, Some(30));
}

/// A process of 300 descriptors that a thousand clients take and do nothing with.
async fn crowded(house: &House) -> Vec<DuplexStream> {
    let mut crowd = Vec::new();
    for number in 0..1000 {
        let mut stream = house.connect();
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nhost: loc").await.unwrap();
        }
        crowd.push(stream);
    }
    crowd
}

#[tokio::test(start_paused = true)]
async fn a_thousand_idle_connections() {
    let house = House::plain(300);
    let crowd = crowded(&house).await;
    assert_eq!(ask(&house, HELLO).await, None);
    drop(crowd);

    let house = House::limited(300, Limits::new().connections(256));
    let crowd = crowded(&house).await;
    let begin = Instant::now();
    let answer = ask(&house, HELLO).await.unwrap();
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    // Before any limit of time has come.
    assert_eq!(begin.elapsed().as_secs(), 0);
    assert!((250..=256).contains(&house.open()), "{}", house.open());
    drop(crowd);
}
