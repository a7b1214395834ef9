//! What a request costs, exactly.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, HeaderMap, Request, Response};
use palisade_edge::hosts::AllowedHostsLayer;
use palisade_edge::https::{HttpsPolicy, HttpsRedirectLayer};
use palisade_edge::proxy_protocol::parse;
use palisade_edge::{
    AllowedHosts, ClientIp, EdgeLayer, ExternalUrl, Forwarding, Peer, TrustedProxies, client_ip,
    external_url,
};
use palisade_testkit::alloc::{Allocations, count, count_returning};
use tower::{Layer, Service};

use crate::request::{XFF, header, peer, proxy, request, trusted};

const HOST: (&str, &str) = ("host", "Shop.Example.COM:8443");

fn cases() -> Vec<(Peer, TrustedProxies, Vec<(&'static str, &'static str)>)> {
    let list = (XFF, "1.1.1.1, [2001:db8::9]:80, 10.0.0.2");
    let element = ("forwarded", "for=\"[2001:db8::9]:80\";proto=https;host=\"shop.test\"");
    let proto = ("x-forwarded-proto", "https");
    let host = ("x-forwarded-host", "shop.test");
    vec![
        (peer("203.0.113.9"), TrustedProxies::none(), vec![HOST]),
        (peer("203.0.113.9"), trusted(Forwarding::XForwardedFor), vec![HOST, list]),
        (proxy(), trusted(Forwarding::XForwardedFor), vec![HOST, list, proto, host]),
        (proxy(), trusted(Forwarding::XForwardedFor), vec![HOST, (XFF, "unknown")]),
        (proxy(), trusted(Forwarding::Forwarded), vec![HOST, element]),
        (proxy(), trusted(header("x-real-ip")), vec![HOST, ("x-real-ip", "203.0.113.9")]),
    ]
}

#[test]
fn telling_the_client_and_the_url_allocates_nothing() {
    for (peer, trust, lines) in cases() {
        let request = request("/x", &lines);
        let client = count(|| client_ip(&peer, request.headers(), &trust));
        assert_eq!(client, Allocations::NONE, "{lines:?}");
        let url = count(|| external_url(&peer, (&request).into(), &trust));
        assert_eq!(url, Allocations::NONE, "{lines:?}");
    }
}

#[test]
fn reading_a_proxy_header_allocates_nothing() {
    let line = b"PROXY TCP6 2001:db8::9 2001:db8::1 40000 443\r\n";
    assert_eq!(count(|| parse(line)), Allocations::NONE);
}

#[derive(Clone)]
struct Page;

impl Service<Request<()>> for Page {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        assert!(request.extensions().get::<ClientIp>().is_some());
        std::mem::forget(request); // its own blocks are not the layers'
        ready(Ok(Response::new(Bytes::new())))
    }
}

#[test]
fn the_layer_costs_what_two_extensions_cost() {
    for (peer, trust, lines) in
        cases().into_iter().filter(|(.., lines)| lines.last().unwrap().1 != "unknown")
    {
        let mut given = request("/x", &lines);
        given.extensions_mut().insert(peer);
        let client = client_ip(&peer, given.headers(), &trust).unwrap();
        let url = external_url(&peer, (&given).into(), &trust).unwrap();

        let mut extensions = Extensions::new();
        extensions.insert(peer);
        let (extensions, floor) = count_returning(move || {
            extensions.insert(client);
            extensions.insert(url);
            extensions
        });
        drop(extensions);
        assert_eq!(floor.allocations, 2);

        let mut app = EdgeLayer::new(trust).layer(Page);
        let cost = count(|| app.call(given));
        assert_eq!(cost, floor, "{lines:?}");
    }
}

#[test]
fn allowed_hosts_and_https_cost_nothing_on_the_way_through() {
    let hosts = AllowedHosts::new(["*.example.com"]).unwrap();
    let https = HttpsRedirectLayer::new(HttpsPolicy::new(hosts.clone()));
    let mut app = AllowedHostsLayer::new(hosts).layer(https.layer(Page));
    let mut request = request("/x", &[HOST]);
    let peer = peer("203.0.113.9").over_tls();
    let none = TrustedProxies::none();
    let url: ExternalUrl = external_url(&peer, (&request).into(), &none).unwrap();
    request.extensions_mut().insert(client_ip(&peer, &HeaderMap::new(), &none).unwrap());
    request.extensions_mut().insert(url);
    assert_eq!(count(|| app.call(request)), Allocations::NONE);
}
