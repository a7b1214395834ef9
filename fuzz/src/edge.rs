//! Targets of `palisade-edge`.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, Version};
use palisade_edge::forwarded::{Element, Value, from_right};
use palisade_edge::hosts::{Authority, authority_of};
use palisade_edge::proxy_protocol::{Announcement, Parsed, parse};
use palisade_edge::{
    AllowedHosts, Forwarding, Peer, Target, TrustedProxies, client_ip, external_url,
};

use crate::forwarded_reference;

fn peer() -> Peer {
    Peer::new(SocketAddr::from(([10, 0, 0, 1], 4000)))
}

fn trusted(forwarding: Forwarding) -> TrustedProxies {
    TrustedProxies::in_ranges(["10.0.0.0/8", "fd00::/8"], forwarding).expect("valid ranges")
}

/// Reads `name: value` lines; bytes that no header may have are left out.
fn headers(data: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(32) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(&line[colon + 1..]);
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// The grammar of `Forwarded` against the one that reads from the left.
///
/// A line that either reads whole is read alike by the other; what stands left of a separator never
/// changes what stands right of it.
pub fn edge_forwarded(data: &[u8]) {
    let ours: Vec<_> = from_right(data).collect();
    let whole: Result<Vec<Element<'_>>, _> = ours.iter().copied().rev().collect();
    let reference = forwarded_reference::parse(data);
    assert_eq!(whole.is_ok(), reference.is_some(), "one grammar, two verdicts");
    for (ours, theirs) in whole.iter().flatten().zip(reference.iter().flatten()) {
        let value = |name: &str| {
            theirs.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        };
        assert_eq!(bytes(ours.by()), value("by"));
        assert_eq!(bytes(ours.host()), value("host"));
        assert_eq!(bytes(ours.proto()), value("proto"));
        assert_eq!(ours.node().is_some(), value("for").is_some());
    }
    if let Ok(whole) = whole {
        for prefix in [&b"for=\"open, "[..], b"\\, ", b"a=\"\\\", ", b";;=,"] {
            let longer = [prefix, data].concat();
            let again: Vec<_> = from_right(&longer).take(whole.len()).collect();
            let expected: Vec<_> = whole.iter().copied().rev().map(Ok).collect();
            assert_eq!(again, expected, "a prefix changed what stands right of it");
        }
    }
}

fn bytes(value: Option<Value<'_>>) -> Option<Vec<u8>> {
    value.map(|value| value.bytes().collect())
}

/// The list against the naive reading of its parts, from a copy.
pub fn edge_x_forwarded_for(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", value);
    let trust = trusted(Forwarding::XForwardedFor);
    let found = client_ip(&peer(), &headers, &trust);
    if let Ok(client) = found {
        sound(client.address());
        let text = String::from_utf8_lossy(data).into_owned();
        let plain: Option<Vec<IpAddr>> =
            text.split(',').map(|hop| hop.trim_matches([' ', '\t']).parse().ok()).collect();
        if let Some(hops) = plain {
            let inside = |hop: &&IpAddr| match hop.to_canonical() {
                IpAddr::V4(address) => address.octets()[0] == 10,
                IpAddr::V6(address) => address.octets()[0] == 0xfd,
            };
            let expected = hops.iter().rev().find(|hop| !inside(hop)).unwrap_or(&hops[0]);
            assert_eq!(client.address(), expected.to_canonical());
        }
    }
    // A prefix behind a comma never changes a client that was found outside the trusted ranges.
    let honest = [data, b", 203.0.113.9, 10.0.0.2"].concat();
    if let Ok(value) = HeaderValue::from_bytes(&honest) {
        headers.insert("x-forwarded-for", value);
        let found = client_ip(&peer(), &headers, &trust).map(|client| client.address());
        assert_eq!(found, Ok(IpAddr::from([203, 0, 113, 9])));
    }
}

fn sound(address: IpAddr) {
    assert_eq!(address, address.to_canonical());
    assert!(!address.is_unspecified());
}

/// Any headers at all, from a trusted peer and from another, under every source.
pub fn edge_client_ip(data: &[u8]) {
    let headers = headers(data);
    let outside = Peer::new(SocketAddr::from(([203, 0, 113, 9], 4000)));
    let sources = [
        Forwarding::Forwarded,
        Forwarding::Header(HeaderName::from_static("x-real-ip")),
        Forwarding::ProxyProtocol,
        Forwarding::XForwardedFor,
    ];
    for forwarding in sources {
        let trust = trusted(forwarding);
        if let Ok(client) = client_ip(&peer(), &headers, &trust) {
            sound(client.address());
        }
        let direct = client_ip(&outside, &headers, &trust).map(|client| client.address());
        assert_eq!(direct, Ok(outside.address().ip()), "an untrusted peer was believed");
    }
}

/// The grammar of hosts: one form, which is a fixed point and a URL's authority.
pub fn edge_hosts(data: &[u8]) {
    let Some(authority) = Authority::parse(data) else { return };
    let text = authority.to_string();
    assert_eq!(Authority::parse(text.as_bytes()), Some(authority.clone()));
    assert_eq!(text, text.to_ascii_lowercase());
    let uri: http::uri::Authority = text.parse().expect("an authority");
    assert_eq!(uri.host(), authority.host().as_str());
    assert_eq!(uri.port_u16(), authority.port());

    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_bytes(data).expect("printable"));
    let target = Uri::from_static("/");
    assert_eq!(authority_of(Version::HTTP_11, &target, &headers), Ok(authority.clone()));
    let hosts = AllowedHosts::new(["example.com", "*.example.com"]).expect("valid patterns");
    let host = authority.host().as_str();
    let expected = host == "example.com" || host.ends_with(".example.com");
    let found = hosts.check(Target::new(Version::HTTP_11, &target, &headers), None);
    assert_eq!(found.is_ok(), expected);
}

/// The URL from any headers: always one that can be written and read again.
pub fn edge_external_url(data: &[u8]) {
    let mut request = Request::new(());
    *request.headers_mut() = headers(data);
    for forwarding in [Forwarding::Forwarded, Forwarding::XForwardedFor, Forwarding::ProxyProtocol]
    {
        let trust = trusted(forwarding);
        if let Ok(url) = external_url(&peer(), (&request).into(), &trust) {
            let written: Uri = url.to_string().parse().expect("a URL");
            assert_eq!(written.scheme_str(), Some(url.scheme().as_str()));
            assert_eq!(written.host(), Some(url.host().as_str()));
            let implied = url.scheme().default_port();
            assert_eq!(written.port_u16().unwrap_or(implied), url.port());
        }
        let outside = Peer::new(SocketAddr::from(([203, 0, 113, 9], 4000)));
        if let Ok(url) = external_url(&outside, (&request).into(), &trust) {
            assert!(!url.is_https(), "an untrusted peer chose the scheme");
            assert_eq!(request.headers().get_all("host").iter().count(), 1);
        }
    }
}

/// The PROXY protocol: stable under more bytes, and stricter than an independent parser.
pub fn edge_proxy_protocol(data: &[u8]) {
    let parsed = parse(data);
    for cut in [data.len() / 2, data.len().saturating_sub(1)] {
        let before = parse(&data[..cut]);
        assert!(before == Ok(Parsed::Incomplete) || before == parsed, "more bytes changed it");
    }
    let Ok(Parsed::Complete { announcement: Announcement::Proxied(ours), length }) = parsed else {
        return;
    };
    assert!(length <= data.len());
    let header = &data[..length];
    let theirs = if header.starts_with(b"PROXY") {
        let header = ppp::v1::Header::try_from(header).expect("a header of version 1");
        match header.addresses {
            ppp::v1::Addresses::Tcp4(a) => (
                SocketAddr::from((a.source_address, a.source_port)),
                SocketAddr::from((a.destination_address, a.destination_port)),
            ),
            ppp::v1::Addresses::Tcp6(a) => (
                SocketAddr::from((a.source_address, a.source_port)),
                SocketAddr::from((a.destination_address, a.destination_port)),
            ),
            ppp::v1::Addresses::Unknown => panic!("unknown to the other parser"),
        }
    } else {
        let header = ppp::v2::Header::try_from(header).expect("a header of version 2");
        match header.addresses {
            ppp::v2::Addresses::IPv4(a) => (
                SocketAddr::from((a.source_address, a.source_port)),
                SocketAddr::from((a.destination_address, a.destination_port)),
            ),
            ppp::v2::Addresses::IPv6(a) => (
                SocketAddr::from((a.source_address, a.source_port)),
                SocketAddr::from((a.destination_address, a.destination_port)),
            ),
            _ => panic!("no address for the other parser"),
        }
    };
    assert_eq!((ours.source(), ours.destination()), theirs);
}
