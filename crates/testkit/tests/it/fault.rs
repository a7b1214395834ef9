//! Each fault is what a client really meets.

use palisade_testkit::fault::{Fault, FaultProxy};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::seen::eventually;

const PATIENCE: Duration = Duration::from_millis(150);

/// A server that sends back what it gets and counts the bytes.
fn echo() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let received = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&received);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counter = Arc::clone(&counter);
            thread::spawn(move || {
                let (mut from, mut to) = (&stream, &stream);
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = from.read(&mut bytes) {
                    counter.fetch_add(length, Ordering::SeqCst);
                    if to.write_all(&bytes[..length]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, received)
}

fn patient(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(bytes)?;
    let mut answer = vec![0; bytes.len()];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

const fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[expect(clippy::disallowed_methods, reason = "real time passes in a real proxy")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[test]
fn passes_bytes_and_the_end_and_counts_connections() {
    let proxy = FaultProxy::start(echo().0).unwrap();
    let mut first = patient(&proxy);
    assert_eq!(exchange(&mut first, b"hello").unwrap(), b"hello");
    assert_eq!(exchange(&mut patient(&proxy), b"again").unwrap(), b"again");
    assert_eq!(proxy.accepted(), 2);
    first.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(first.read(&mut [0; 1]).unwrap(), 0, "the server's end comes through");
    eventually("all are closed", || proxy.open() == 0);
}

#[test]
fn a_delay_holds_both_directions() {
    let proxy = FaultProxy::start(echo().0).unwrap();
    proxy.set(Fault::Delay(Duration::from_millis(60))).unwrap();
    let mut stream = patient(&proxy);
    let (answer, time) = timed(|| exchange(&mut stream, b"hello").unwrap());
    assert_eq!(answer, b"hello");
    assert!(time >= Duration::from_millis(120), "{time:?}");
}

#[test]
fn a_black_hole_hangs_and_gives_back_what_it_held() {
    let (address, received) = echo();
    let proxy = FaultProxy::start(address).unwrap();
    let mut stream = patient(&proxy);
    exchange(&mut stream, b"warm").unwrap();
    proxy.set(Fault::Blackhole).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(is_timeout(exchange(&mut stream, b"held").unwrap_err().kind()));
    assert_eq!(received.load(Ordering::SeqCst), 4, "nothing more reached the server");
    proxy.set(Fault::Pass).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut late = [0; 4];
    stream.read_exact(&mut late).unwrap();
    assert_eq!(&late, b"held");
}

#[test]
fn half_open_lets_the_server_act_and_the_client_never_know() {
    let (address, received) = echo();
    let proxy = FaultProxy::start(address).unwrap();
    proxy.set(Fault::HalfOpen).unwrap();
    let mut stream = patient(&proxy);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(is_timeout(exchange(&mut stream, b"INCR").unwrap_err().kind()));
    eventually("the server acts", || received.load(Ordering::SeqCst) == 4);
}

#[test]
fn a_cut_resets_old_and_new_connections() {
    let proxy = FaultProxy::start(echo().0).unwrap();
    let mut old = patient(&proxy);
    exchange(&mut old, b"warm").unwrap();
    proxy.set(Fault::Cut).unwrap();
    assert_eq!(old.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(patient(&proxy).read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    proxy.set(Fault::Pass).unwrap();
    assert_eq!(exchange(&mut patient(&proxy), b"well").unwrap(), b"well");
}

#[test]
fn refuses_connections_and_takes_them_again_on_the_same_port() {
    let proxy = FaultProxy::start(echo().0).unwrap();
    proxy.set(Fault::Refuse).unwrap();
    let error = TcpStream::connect(proxy.address()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    proxy.set(Fault::Pass).unwrap();
    assert_eq!(exchange(&mut patient(&proxy), b"well").unwrap(), b"well");
}

#[test]
fn a_throttle_keeps_to_its_rate() {
    let proxy = FaultProxy::start(echo().0).unwrap();
    proxy.set(Fault::Throttle(NonZeroU32::new(10_000).unwrap())).unwrap();
    let mut stream = patient(&proxy);
    let (answer, time) = timed(|| exchange(&mut stream, &[7; 3000]).unwrap());
    assert_eq!(answer, [7; 3000]);
    assert!(time >= Duration::from_millis(250), "{time:?}");
}

#[test]
fn garbage_changes_every_byte_of_an_answer_and_none_of_a_request() {
    let (address, received) = echo();
    let proxy = FaultProxy::start(address).unwrap();
    proxy.set(Fault::Garbage).unwrap();
    let mut stream = patient(&proxy);
    let answer = exchange(&mut stream, b"+PONG\r\n").unwrap();
    assert_eq!(answer.len(), received.load(Ordering::SeqCst));
    assert!(answer.iter().zip(b"+PONG\r\n").all(|(got, sent)| got != sent), "{answer:?}");
}

#[test]
fn a_server_that_is_away_shows_as_a_reset() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = FaultProxy::start(nobody).unwrap();
    assert_eq!(patient(&proxy).read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}
