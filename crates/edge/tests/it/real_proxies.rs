//! Through real nginx and haproxy: clients come from 127.0.0.2, proxies from 127.0.0.1.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use palisade_edge::proxy_protocol::ProxyProtocolListener;
use palisade_edge::{ClientIp, EdgeLayer, ExternalUrl, Forwarding, Peer, TrustedProxies};
use palisade_testkit::proxy::{Announce, Haproxy, Nginx, ReverseProxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use crate::request::header;

/// What the client writes itself into every header that a proxy might believe.
const SPOOFED: &str = "X-Forwarded-For: 6.6.6.6\r\n\
    Forwarded: for=6.6.6.6;proto=https;host=evil.test\r\n\
    X-Real-IP: 6.6.6.6\r\n";

fn trusted(forwarding: Forwarding) -> TrustedProxies {
    TrustedProxies::in_ranges(["127.0.0.1"], forwarding).unwrap()
}

async fn who(client: ClientIp, url: ExternalUrl, request: Request) -> String {
    let leftmost = request.headers().get("x-forwarded-for").and_then(|list| list.to_str().ok());
    let naive = leftmost.and_then(|list| list.split(',').next()).unwrap_or("-").to_owned();
    format!("{client} {url} {naive}")
}

fn app(trust: TrustedProxies) -> Router {
    Router::new().route("/", get(who)).layer(EdgeLayer::new(trust))
}

/// Serves an application that tells who asks, and returns where.
async fn serve(forwarding: Forwarding) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let trust = trusted(forwarding.clone());
    let app = app(trust.clone());
    if forwarding == Forwarding::ProxyProtocol {
        let listener = ProxyProtocolListener::new(listener, trust);
        let service = app.into_make_service_with_connect_info::<Peer>();
        tokio::spawn(axum::serve(listener, service).into_future());
    } else {
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());
    }
    address
}

/// Asks from 127.0.0.2; returns the body.
async fn ask(proxy: SocketAddr, headers: &str) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut stream = socket.connect(proxy).await.unwrap();
    let request =
        format!("GET / HTTP/1.1\r\nHost: shop.test\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Asserts what the application says behind each proxy.
async fn through(forwarding: Forwarding, announce: &[Announce], nginx: bool, expected: &str) {
    let upstream = serve(forwarding).await;
    let proxy =
        announce.iter().cloned().fold(ReverseProxy::to(upstream), ReverseProxy::add_announcement);
    let haproxy = Haproxy::start(&proxy).unwrap();
    let body = ask(haproxy.address(), SPOOFED).await;
    assert_eq!(body, expected, "haproxy {announce:?}");
    if nginx {
        let nginx = Nginx::start(&proxy).unwrap();
        let body = ask(nginx.address(), SPOOFED).await;
        assert_eq!(body, expected, "nginx {announce:?}");
    }
}

#[tokio::test]
async fn an_appended_x_forwarded_for_is_read_from_the_right() {
    let expected = "127.0.0.2 http://shop.test 6.6.6.6";
    through(Forwarding::XForwardedFor, &[Announce::XForwardedFor], true, expected).await;
    through(Forwarding::XForwardedFor, &[Announce::XForwardedForWithPort], true, expected).await;
}

#[tokio::test]
async fn a_replaced_x_forwarded_for_leaves_nothing_of_the_clients() {
    let expected = "127.0.0.2 http://shop.test 127.0.0.2";
    through(Forwarding::XForwardedFor, &[Announce::XForwardedForReplaced], true, expected).await;
}

#[tokio::test]
async fn the_url_comes_with_x_forwarded_proto_and_host() {
    let announce = [Announce::XForwardedFor, Announce::XForwardedProtoAndHost];
    let expected = "127.0.0.2 http://shop.test 6.6.6.6";
    through(Forwarding::XForwardedFor, &announce, true, expected).await;
}

#[tokio::test]
async fn an_appended_forwarded_element_is_read_from_the_right() {
    let expected = "127.0.0.2 http://shop.test 6.6.6.6";
    through(Forwarding::Forwarded, &[Announce::Forwarded], true, expected).await;
}

#[tokio::test]
async fn a_single_header_is_overwritten_by_the_proxy() {
    let announce = [Announce::SingleHeader("X-Real-IP".to_owned())];
    let expected = "127.0.0.2 http://shop.test 6.6.6.6";
    through(header("x-real-ip"), &announce, true, expected).await;
}

#[tokio::test]
async fn the_proxy_protocol_tells_the_client_in_both_versions() {
    let expected = "127.0.0.2 http://shop.test 6.6.6.6";
    through(Forwarding::ProxyProtocol, &[Announce::ProxyV1], false, expected).await;
    through(Forwarding::ProxyProtocol, &[Announce::ProxyV2], false, expected).await;
}

#[tokio::test]
async fn two_proxies_behind_each_other_are_both_skipped() {
    let upstream = serve(Forwarding::XForwardedFor).await;
    let inner = ReverseProxy::to(upstream).add_announcement(Announce::XForwardedFor);
    let inner = Nginx::start(&inner).unwrap();
    let outer = ReverseProxy::to(inner.address()).add_announcement(Announce::XForwardedFor);
    let outer = Haproxy::start(&outer).unwrap();
    let body = ask(outer.address(), SPOOFED).await;
    assert_eq!(body, "127.0.0.2 http://shop.test 6.6.6.6");
}

#[tokio::test]
async fn who_goes_around_the_proxy_is_himself() {
    let direct = serve(Forwarding::XForwardedFor).await;
    let body = ask(direct, SPOOFED).await;
    assert_eq!(body, "127.0.0.2 http://shop.test 6.6.6.6");
}
