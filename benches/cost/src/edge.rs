//! Hot paths of `palisade-edge`.

use std::hint::black_box;
use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use palisade_edge::hosts::Authority;
use palisade_edge::{
    AllowedHosts, ClientIp, ClientIpError, ExternalUrl, ExternalUrlError, Forwarding, Peer,
    TrustedProxies, client_ip, external_url,
};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_edge_client_ip_direct", || {
        client(&direct(), &TrustedProxies::none(), ic_edge_client_ip_direct);
    }),
    ("ic_edge_client_ip_xff", || {
        client(&proxy(), &trusted(Forwarding::XForwardedFor), ic_edge_client_ip_xff);
    }),
    ("ic_edge_client_ip_forwarded", || {
        client(&proxy(), &trusted(Forwarding::Forwarded), ic_edge_client_ip_forwarded);
    }),
    ("ic_edge_external_url_direct", || {
        url(&direct(), &TrustedProxies::none(), ic_edge_external_url_direct);
    }),
    ("ic_edge_external_url_xff", || {
        url(&proxy(), &trusted(Forwarding::XForwardedFor), ic_edge_external_url_xff);
    }),
    ("ic_edge_allowed_hosts", allowed_hosts),
];

fn direct() -> Peer {
    Peer::new(SocketAddr::from(([203, 0, 113, 9], 40000)))
}

fn proxy() -> Peer {
    Peer::new(SocketAddr::from(([10, 0, 0, 1], 40000)))
}

fn trusted(forwarding: Forwarding) -> TrustedProxies {
    TrustedProxies::in_ranges(["10.0.0.0/8", "fd00::/8"], forwarding).expect("valid ranges")
}

/// What a browser sends, and what one proxy adds.
fn request() -> Request<()> {
    let mut request = Request::new(());
    for (name, value) in [
        ("host", "shop.example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/144.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "en"),
        ("accept-encoding", "gzip, br"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=203.0.113.9;proto=https;host=\"shop.example.com\""),
    ] {
        let name = HeaderName::from_static(name);
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request
}

type ClientPath = fn(&Peer, &HeaderMap, &TrustedProxies) -> Result<ClientIp, ClientIpError>;
type UrlPath = fn(&Peer, &Request<()>, &TrustedProxies) -> Result<ExternalUrl, ExternalUrlError>;

fn client(peer: &Peer, trust: &TrustedProxies, measured: ClientPath) {
    let request = request();
    for _ in 0..8 {
        let warm = client_ip(black_box(peer), black_box(request.headers()), black_box(trust));
        black_box(warm).expect("a client");
    }
    black_box(measured(peer, request.headers(), trust)).expect("a client");
}

fn url(peer: &Peer, trust: &TrustedProxies, measured: UrlPath) {
    let request = request();
    for _ in 0..8 {
        let warm = external_url(black_box(peer), black_box(&request).into(), black_box(trust));
        black_box(warm).expect("a url");
    }
    black_box(measured(peer, &request, trust)).expect("a url");
}

macro_rules! measured {
    ($($name:ident($request:ty) -> $output:ty = $path:expr;)+) => { $(
        #[inline(never)]
        // SAFETY: no other symbol of the program begins with `ic_`.
        #[unsafe(no_mangle)]
        #[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
        fn $name(peer: &Peer, request: &$request, trust: &TrustedProxies) -> $output {
            // Unlike text keeps the linker from folding equal functions into one symbol.
            black_box(stringify!($name));
            $path(peer, request, trust)
        }
    )+ };
}

measured! {
    ic_edge_client_ip_direct(HeaderMap) -> Result<ClientIp, ClientIpError> = client_ip;
    ic_edge_client_ip_xff(HeaderMap) -> Result<ClientIp, ClientIpError> = client_ip;
    ic_edge_client_ip_forwarded(HeaderMap) -> Result<ClientIp, ClientIpError> = client_ip;
    ic_edge_external_url_direct(Request<()>) -> Result<ExternalUrl, ExternalUrlError> = of_request;
    ic_edge_external_url_xff(Request<()>) -> Result<ExternalUrl, ExternalUrlError> = of_request;
}

fn of_request(
    peer: &Peer,
    request: &Request<()>,
    trust: &TrustedProxies,
) -> Result<ExternalUrl, ExternalUrlError> {
    external_url(peer, request.into(), trust)
}

fn allowed_hosts() {
    let hosts = AllowedHosts::new(["example.com", "*.example.com"]).expect("valid patterns");
    let request = request();
    for _ in 0..8 {
        black_box(hosts.check(black_box(&request).into(), None)).expect("an allowed host");
    }
    black_box(ic_edge_allowed_hosts(&hosts, &request)).expect("an allowed host");
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_edge_allowed_hosts(
    hosts: &AllowedHosts,
    request: &Request<()>,
) -> Result<Authority, palisade_edge::hosts::HostRefusal> {
    hosts.check(request.into(), None)
}
