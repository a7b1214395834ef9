//! Requests as tests write them.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU8;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use palisade_edge::{ClientIpErrorKind, ConfigError, Forwarding, Peer, TrustedProxies, client_ip};

pub(crate) const XFF: &str = "x-forwarded-for";

pub(crate) fn peer(address: &str) -> Peer {
    let ip: IpAddr = address.parse().unwrap();
    Peer::new(SocketAddr::new(ip, 55000))
}

/// The peer that is a proxy in every test.
pub(crate) fn proxy() -> Peer {
    peer("10.0.0.1")
}

pub(crate) fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// Trusts `10.0.0.0/8` and `fd00::/8`.
pub(crate) fn trusted(forwarding: Forwarding) -> TrustedProxies {
    TrustedProxies::in_ranges(["10.0.0.0/8", "fd00::/8"], forwarding).unwrap()
}

pub(crate) fn counted(count: u8, forwarding: Forwarding) -> Result<TrustedProxies, ConfigError> {
    TrustedProxies::hops(NonZeroU8::new(count).unwrap(), ["10.0.0.0/8"], forwarding)
}

pub(crate) const fn header(name: &'static str) -> Forwarding {
    Forwarding::Header(HeaderName::from_static(name))
}

/// Returns the client's address as text, or why there is none.
pub(crate) fn client(
    peer: &Peer,
    lines: &[(&str, &str)],
    trust: &TrustedProxies,
) -> Result<String, ClientIpErrorKind> {
    let found = client_ip(peer, &headers(lines), trust);
    found.map(|client| client.to_string()).map_err(|error| error.kind())
}

pub(crate) fn request(path: &str, lines: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::get(path).body(()).unwrap();
    *request.headers_mut() = headers(lines);
    request
}
