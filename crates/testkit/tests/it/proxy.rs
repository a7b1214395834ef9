//! nginx and haproxy really send what the server behind them must understand.

use palisade_testkit::Error;
use palisade_testkit::proxy::{Announce, Haproxy, Nginx, ReverseProxy};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A server that answers one request and returns the bytes it got, up to the end of the head.
fn upstream() -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut head = Vec::new();
        let mut part = [0; 4096];
        while !head.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0, "closed early: {}", String::from_utf8_lossy(&head));
            head.extend_from_slice(&part[..read]);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
            .unwrap();
        head
    });
    (address, seen)
}

/// Sends a request with the given header lines; returns the client's port.
fn request(proxy: SocketAddr, headers: &str) -> u16 {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let port = stream.local_addr().unwrap().port();
    let request =
        format!("GET / HTTP/1.1\r\nHost: portal.example\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer}");
    port
}

fn values(head: &[u8], name: &str) -> Vec<String> {
    let head = String::from_utf8_lossy(head);
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let named = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim().to_owned()).collect()
}

/// Starts a proxy, passes one request through it, and returns what the server saw.
fn through<P>(
    start: impl Fn(&ReverseProxy) -> P,
    address: impl Fn(&P) -> SocketAddr,
    announce: &[Announce],
    headers: &str,
) -> (Vec<u8>, u16) {
    let (upstream, seen) = upstream();
    let proxy =
        announce.iter().cloned().fold(ReverseProxy::to(upstream), ReverseProxy::add_announcement);
    let running = start(&proxy);
    let port = request(address(&running), headers);
    (seen.join().unwrap(), port)
}

fn nginx(announce: &[Announce], headers: &str) -> (Vec<u8>, u16) {
    through(|proxy| Nginx::start(proxy).unwrap(), Nginx::address, announce, headers)
}

fn haproxy(announce: &[Announce], headers: &str) -> (Vec<u8>, u16) {
    through(|proxy| Haproxy::start(proxy).unwrap(), Haproxy::address, announce, headers)
}

const SPOOFED: &str = "X-Forwarded-For: 203.0.113.9\r\n";

#[test]
fn x_forwarded_for_is_appended() {
    let (head, _) = nginx(&[Announce::XForwardedFor], SPOOFED);
    assert_eq!(values(&head, "x-forwarded-for"), ["203.0.113.9, 127.0.0.1"]);
    assert_eq!(values(&head, "host"), ["portal.example"]);
    let (head, _) = haproxy(&[Announce::XForwardedFor], SPOOFED);
    assert_eq!(values(&head, "x-forwarded-for"), ["203.0.113.9", "127.0.0.1"], "as two lines");
    assert_eq!(values(&head, "host"), ["portal.example"]);
}

#[test]
fn x_forwarded_for_is_appended_with_the_port() {
    for spoofed in ["", SPOOFED] {
        let (head, port) = nginx(&[Announce::XForwardedForWithPort], spoofed);
        let last = format!("127.0.0.1:{port}");
        let expected = if spoofed.is_empty() { last } else { format!("203.0.113.9, {last}") };
        assert_eq!(values(&head, "x-forwarded-for"), [expected]);
    }
    let (head, port) = haproxy(&[Announce::XForwardedForWithPort], "");
    assert_eq!(values(&head, "x-forwarded-for"), [format!("127.0.0.1:{port}")]);
}

#[test]
fn x_forwarded_for_is_replaced() {
    for (head, _) in [
        nginx(&[Announce::XForwardedForReplaced], SPOOFED),
        haproxy(&[Announce::XForwardedForReplaced], SPOOFED),
    ] {
        assert_eq!(values(&head, "x-forwarded-for"), ["127.0.0.1"]);
    }
}

#[test]
fn forwarded_is_appended() {
    let element = "for=127.0.0.1;host=\"portal.example\";proto=http";
    let (head, _) = nginx(&[Announce::Forwarded], "");
    assert_eq!(values(&head, "forwarded"), [element]);
    let spoofed = "Forwarded: for=203.0.113.9\r\n";
    let (head, _) = nginx(&[Announce::Forwarded], spoofed);
    assert_eq!(values(&head, "forwarded"), [format!("for=203.0.113.9, {element}")]);
    let (head, _) = haproxy(&[Announce::Forwarded], spoofed);
    assert_eq!(values(&head, "forwarded"), ["for=203.0.113.9", element]);
}

#[test]
fn a_header_of_one_value_the_scheme_and_the_host_are_set() {
    let announce =
        [Announce::SingleHeader("CF-Connecting-IP".to_owned()), Announce::XForwardedProtoAndHost];
    let spoofed = "CF-Connecting-IP: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
    for (head, _) in [nginx(&announce, spoofed), haproxy(&announce, spoofed)] {
        assert_eq!(values(&head, "cf-connecting-ip"), ["127.0.0.1"]);
        assert_eq!(values(&head, "x-forwarded-proto"), ["http"]);
        assert_eq!(values(&head, "x-forwarded-host"), ["portal.example"]);
    }
}

#[test]
fn the_connection_begins_with_a_proxy_protocol_header() {
    let (bytes, port) = haproxy(&[Announce::ProxyV1], "");
    let line = format!("PROXY TCP4 127.0.0.1 127.0.0.1 {port} ");
    assert!(bytes.starts_with(line.as_bytes()), "{}", String::from_utf8_lossy(&bytes));

    let (bytes, port) = haproxy(&[Announce::ProxyV2], "");
    let signature = b"\r\n\r\n\0\r\nQUIT\n";
    assert!(bytes.starts_with(signature));
    assert_eq!(bytes[12..14], [0x21, 0x11], "version 2, PROXY, TCP over IPv4");
    assert_eq!(bytes[16..20], [127, 0, 0, 1]);
    assert_eq!(bytes[24..26], port.to_be_bytes());
}

#[test]
fn a_wrong_configuration_is_an_error_that_shows_what_the_proxy_says() {
    let shown = format!("{:?}", Nginx::with_config("nonsense on;").unwrap_err());
    assert!(shown.contains("unknown directive \"nonsense\""), "{shown}");
    let shown = format!("{:?}", Haproxy::with_config("nonsense\n").unwrap_err());
    assert!(shown.contains("unknown keyword 'nonsense'"), "{shown}");
    let proxy = ReverseProxy::to(([127, 0, 0, 1], 9).into()).add_announcement(Announce::ProxyV1);
    assert!(Nginx::start(&proxy).is_err());
}

/// A server that answers one request when it is told to, and says that it has it.
fn hesitant() -> (SocketAddr, Receiver<()>, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ((has_it, asked), (go, told)) = (channel(), channel());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        has_it.send(()).unwrap();
        told.recv().unwrap();
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
    });
    (address, asked, go)
}

#[test]
fn a_reload_waits_for_what_runs_and_sends_the_rest_elsewhere() {
    let config = |upstream: SocketAddr| {
        format!(
            "server {{ listen 127.0.0.1:{{port}}; location / {{ proxy_pass http://{upstream}; }} }}"
        )
    };
    let (first, asked, go) = hesitant();
    let (second, seen) = upstream();
    let nginx = Nginx::with_workers(&config(first)).unwrap();
    // Refused before nginx hears of it.
    let wrong = nginx.reload("nonsense on;").unwrap_err();
    assert!(matches!(wrong, Error::Answer { .. }), "{wrong:?}");
    assert!(format!("{wrong:?}").contains("unknown directive \"nonsense\""), "{wrong:?}");

    let has_gone = AtomicBool::new(false);
    thread::scope(|scope| {
        let running = scope.spawn(|| request(nginx.address(), ""));
        asked.recv().unwrap();
        let reloading = scope.spawn(|| {
            nginx.reload(&config(second)).unwrap();
            assert!(has_gone.load(Ordering::SeqCst), "a request still ran");
        });
        // The earlier worker finds nobody, the next one the second server.
        while !seen.is_finished() {
            assert!(!reloading.is_finished(), "it waits for nobody");
            let mut stream = TcpStream::connect(nginx.address()).unwrap();
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        }
        has_gone.store(true, Ordering::SeqCst);
        go.send(()).unwrap();
        running.join().unwrap();
        reloading.join().unwrap();
    });
}
