//! The end of a server: nothing that was asked is lost.

use std::time::Duration;

use palisade::serve::{Ended, Limits};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::house::{HELLO, House, app, ask, read_answer, wait};

/// A house that drains after so long.
fn draining(after: Duration) -> (House, JoinHandle<Ended>) {
    let (house, door) = House::of(10_000);
    let server = palisade::serve(door, app(), Limits::new());
    (house, tokio::spawn(server.until(sleep(after))))
}

#[tokio::test(start_paused = true)]
async fn a_drain_loses_no_request() {
    let (house, server) = draining(Duration::from_secs(20));
    let mut clients = Vec::new();
    for client in 0..200_u64 {
        let house = house.clone();
        clients.push(tokio::spawn(async move {
            let (mut stream, mut answered) = (house.connect(), 0_u32);
            for turn in 0.. {
                let request = wait((client * 7 + turn * 3) % 4 + 1);
                stream.write_all(request.as_bytes()).await.unwrap();
                let answer = read_answer(&mut stream).await.expect("an answer");
                assert!(answer.ends_with("waited"), "{answer}");
                answered += 1;
                if answer.contains("connection: close") {
                    break;
                }
            }
            answered
        }));
    }
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert_eq!(server.await.unwrap(), Ended::Drained);
    assert!(answered > 200 * 5, "{answered}");
    assert!(house.is_closed());
}

#[tokio::test(start_paused = true)]
async fn new_connections_are_taken_while_requests_run_and_told_to_go() {
    let (house, server) = draining(Duration::from_secs(1));
    let mut stream = house.connect();
    stream.write_all(wait(4).as_bytes()).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let keep = HELLO.replace("connection: close\r\n", "");
    let mut other = house.connect();
    other.write_all(keep.as_bytes()).await.unwrap();
    let answer = read_answer(&mut other).await.unwrap();
    assert!(answer.ends_with("hello") && answer.contains("connection: close"), "{answer}");
    assert!(read_answer(&mut stream).await.unwrap().contains("connection: close"));
    assert_eq!(server.await.unwrap(), Ended::Drained);
    assert_eq!(ask(&house, HELLO).await, None);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_do_not_hold_the_end_up() {
    let (house, server) = draining(Duration::from_secs(1));
    let mut idle = house.connect();
    idle.write_all(HELLO.replace("connection: close\r\n", "").as_bytes()).await.unwrap();
    read_answer(&mut idle).await.unwrap();
    let mut partial = house.connect();
    partial.write_all(b"GET / HTTP/1.1\r\nho").await.unwrap();
    let silent = house.connect();
    let begin = Instant::now();
    assert_eq!(server.await.unwrap(), Ended::Drained);
    assert_eq!(begin.elapsed().as_secs(), 1);
    drop(silent);
}

#[tokio::test(start_paused = true)]
async fn a_drain_has_an_end() {
    let (house, server) = draining(Duration::from_secs(1));
    let mut stream = house.connect();
    stream.write_all(wait(25).as_bytes()).await.unwrap();
    let begin = Instant::now();
    assert_eq!(server.await.unwrap(), Ended::Cut);
    assert_eq!(begin.elapsed().as_secs(), 11);
    assert_eq!(read_answer(&mut stream).await, None);
}
