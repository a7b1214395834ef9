//! Who runs, and on what.

use std::future::Future;
use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum_client_ip::ClientIpSource;
use harness::{Contestant, Effort, Shape};
use http::{Extensions, HeaderName, HeaderValue, Request};
use palisade_edge::{Forwarding, Peer, TrustedProxies, client_ip};
use tower_governor::key_extractor::{KeyExtractor, PeerIpKeyExtractor, SmartIpKeyExtractor};

pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "direct peer", contestants: direct, effort: Effort::NANOS },
    Shape {
        name: "one trusted proxy, X-Forwarded-For",
        contestants: behind_a_proxy,
        effort: Effort::NANOS,
    },
];

const BROWSER: &[(&str, &str)] = &[
    ("host", "shop.example.com"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/144.0"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "en"),
    ("accept-encoding", "gzip, br"),
];

fn request(
    peer: SocketAddr,
    more: &[(&'static str, &'static str)],
    source: ClientIpSource,
) -> Request<()> {
    let mut request = Request::new(());
    for (name, value) in BROWSER.iter().chain(more) {
        let name = HeaderName::from_static(name);
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(Peer::new(peer));
    request.extensions_mut().insert(source);
    request
}

fn connection(extensions: &Extensions) -> SocketAddr {
    extensions.get::<ConnectInfo<SocketAddr>>().expect("the server's").0
}

fn contestant<T>(
    name: &'static str,
    request: &Rc<Request<()>>,
    read: impl Fn(&Request<()>) -> T + 'static,
) -> Contestant {
    let request = Rc::clone(request);
    Contestant::new(name, move || drop(black_box(read(black_box(&request)))))
}

/// Ours, from the extension that the server set.
fn ours(request: &Request<()>, trust: &TrustedProxies) -> IpAddr {
    let peer = request.extensions().get::<Peer>().expect("the server's");
    client_ip(peer, request.headers(), trust).expect("a client").address()
}

/// Runs the extractor of axum-client-ip on parts that are made once.
fn axum_client_ip(request: &Request<()>) -> Contestant {
    let (parts, ()) = request.clone().into_parts();
    let parts = std::cell::RefCell::new(parts);
    let run = move || {
        let mut parts = parts.borrow_mut();
        let mut future =
            pin!(axum_client_ip::ClientIp::from_request_parts(black_box(&mut parts), &()));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(client)) => drop(black_box(client.0)),
            _ => unreachable!("it answers at once"),
        }
    };
    Contestant::new("axum-client-ip 1.3.1", run)
}

fn direct() -> Vec<Contestant> {
    let peer = SocketAddr::from(([203, 0, 113, 9], 40000));
    let request = Rc::new(request(peer, &[], ClientIpSource::ConnectInfo));
    let trust = TrustedProxies::in_ranges(["10.0.0.0/8", "fd00::/8"], Forwarding::XForwardedFor);
    let trust = trust.expect("valid ranges");
    vec![
        contestant("palisade-edge", &request, move |request| ours(request, &trust)),
        axum_client_ip(&request),
        contestant("tower_governor 0.8 SmartIp", &request, |r| SmartIpKeyExtractor.extract(r).ok()),
        contestant("tower_governor 0.8 PeerIp", &request, |r| PeerIpKeyExtractor.extract(r).ok()),
        contestant("floor: the peer's address", &request, |r| connection(r.extensions()).ip()),
    ]
}

fn behind_a_proxy() -> Vec<Contestant> {
    let proxy = SocketAddr::from(([10, 0, 0, 1], 40000));
    let list = [("x-forwarded-for", "203.0.113.9")];
    let request = Rc::new(request(proxy, &list, ClientIpSource::RightmostXForwardedFor));
    let trust = TrustedProxies::in_ranges(["10.0.0.0/8", "fd00::/8"], Forwarding::XForwardedFor);
    let trust = trust.expect("valid ranges");
    let name = HeaderName::from_static("x-forwarded-for");
    vec![
        contestant("palisade-edge", &request, move |request| ours(request, &trust)),
        axum_client_ip(&request),
        contestant("tower_governor 0.8 SmartIp", &request, |r| SmartIpKeyExtractor.extract(r).ok()),
        contestant("floor: look-up and parse, no trust", &request, move |request| {
            let value = request.headers().get(&name)?.to_str().ok()?;
            value.parse::<IpAddr>().ok()
        }),
    ]
}
