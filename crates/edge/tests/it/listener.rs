//! Accepting connections that begin with a PROXY header.

use std::num::NonZeroUsize;
use std::time::Duration;

use palisade_edge::proxy_protocol::{
    Announcement, HandshakeError, ProxyProtocolError, ProxyProtocolListener, handshake,
};
use palisade_edge::{Forwarding, TrustedProxies};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};

const HEADER: &[u8] = b"PROXY TCP4 203.0.113.9 10.0.0.2 40000 443\r\n";
const LIMIT: Duration = Duration::from_secs(5);

async fn listener(range: &str) -> ProxyProtocolListener {
    let trust = TrustedProxies::in_ranges([range], Forwarding::ProxyProtocol).unwrap();
    ProxyProtocolListener::new(TcpListener::bind("127.0.0.1:0").await.unwrap(), trust)
}

#[tokio::test(start_paused = true)]
async fn a_header_in_pieces_is_a_header_and_what_follows_is_kept() {
    let (mut client, server) = duplex(7);
    let speaking = tokio::spawn(async move {
        client.write_all(HEADER).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        client.shutdown().await.unwrap();
        client
    });
    let (mut stream, announcement) = handshake(server, LIMIT).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"GET / HTTP/1.1\r\n");
    let Announcement::Proxied(endpoints) = announcement else { panic!("{announcement:?}") };
    assert_eq!(endpoints.source().to_string(), "203.0.113.9:40000");
    drop(speaking.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_given_up_in_time() {
    let (mut client, server) = duplex(64);
    client.write_all(b"PROXY ").await.unwrap();
    let error = handshake(server, LIMIT).await.unwrap_err();
    assert!(matches!(error, HandshakeError::Timeout), "{error}");
}

#[tokio::test]
async fn nothing_is_guessed_without_a_header() {
    let (mut client, server) = duplex(64);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let error = handshake(server, LIMIT).await.unwrap_err();
    assert!(matches!(error, HandshakeError::Protocol(ProxyProtocolError::NoHeader)), "{error}");

    let (client, server) = duplex(64);
    drop(client);
    assert!(matches!(handshake(server, LIMIT).await, Err(HandshakeError::Io(_))));
}

#[tokio::test]
async fn silent_connections_do_not_hold_up_the_others() {
    let mut listener = listener("127.0.0.1").await;
    let address = listener.local_addr().unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let mut honest = TcpStream::connect(address).await.unwrap();
    honest.write_all(HEADER).await.unwrap();
    let (_stream, peer) = listener.accept().await;
    assert_eq!(peer.address(), honest.local_addr().unwrap());
    assert!(matches!(peer.announcement(), Some(Announcement::Proxied(_))));
}

#[tokio::test]
async fn more_silent_connections_than_handshakes_wait_in_the_kernel() {
    let mut listener = listener("127.0.0.1").await.max_handshakes(NonZeroUsize::new(2).unwrap());
    let address = listener.local_addr().unwrap();
    let first = TcpStream::connect(address).await.unwrap();
    let second = TcpStream::connect(address).await.unwrap();
    let mut third = TcpStream::connect(address).await.unwrap();
    third.write_all(HEADER).await.unwrap();
    let accepting = tokio::spawn(async move { listener.accept().await.1 });
    // The third gets in when one of the two slots is free again.
    drop(first);
    assert_eq!(accepting.await.unwrap().address(), third.local_addr().unwrap());
    drop(second);
}

#[tokio::test]
async fn a_peer_that_is_no_proxy_is_closed_unheard() {
    let mut listener = listener("10.0.0.1").await;
    let address = listener.local_addr().unwrap();
    let accepting = tokio::spawn(async move { listener.accept().await.1 });
    let mut liar = TcpStream::connect(address).await.unwrap();
    let _ = liar.write_all(HEADER).await;
    let mut answer = Vec::new();
    // Closed with unread bytes is a reset; either way nothing came.
    let _ = liar.read_to_end(&mut answer).await;
    assert!(answer.is_empty() && !accepting.is_finished());
    accepting.abort();
}
