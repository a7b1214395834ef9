//! The URL as the browser saw it.

use http::{Request, Version};
use palisade_edge::ExternalUrlError::{
    ForwardedHost, ForwardedList, ForwardedPort, ForwardedScheme,
};
use palisade_edge::hosts::HostError;
use palisade_edge::proxy_protocol::{Announcement, Endpoints};
use palisade_edge::{ExternalUrlError, Forwarding, Peer, TrustedProxies, external_url};
use proptest::prelude::*;

use crate::request::{XFF, counted, header, peer, proxy, request, trusted};

const PROTO: &str = "x-forwarded-proto";
const HOST: &str = "x-forwarded-host";
const PORT: &str = "x-forwarded-port";

fn url(
    peer: &Peer,
    lines: &[(&str, &str)],
    trust: &TrustedProxies,
) -> Result<String, ExternalUrlError> {
    let lines = [&[("host", "inner.test:3000")][..], lines].concat();
    external_url(peer, (&request("/", &lines)).into(), trust).map(|url| url.to_string())
}

fn ok(text: &str) -> Result<String, ExternalUrlError> {
    Ok(text.to_owned())
}

#[test]
fn a_direct_connection_is_taken_as_it_is() {
    let none = TrustedProxies::none();
    let direct = peer("203.0.113.9");
    assert_eq!(url(&direct, &[], &none), ok("http://inner.test:3000"));
    assert_eq!(url(&direct.over_tls(), &[], &none), ok("https://inner.test:3000"));
    let lines = [("host", "Example.COM.:443")];
    let found = external_url(&direct.over_tls(), (&request("/", &lines)).into(), &none).unwrap();
    assert_eq!(found.to_string(), "https://example.com");
    assert_eq!((found.port(), found.is_https()), (443, true));
}

#[test]
fn an_untrusted_peer_cannot_choose_the_url() {
    let lies = [(PROTO, "https"), (HOST, "evil.test"), (PORT, "1"), (XFF, "1.1.1.1")];
    let more = [("forwarded", "for=1.1.1.1;proto=https;host=evil.test")];
    for forwarding in [Forwarding::XForwardedFor, Forwarding::Forwarded, header("x-real-ip")] {
        let trust = trusted(forwarding);
        let lines = [&lies[..], &more[..]].concat();
        // The naive reading takes the header from anybody.
        assert_eq!(request("/", &lines).headers()[HOST], "evil.test");
        assert_eq!(url(&peer("203.0.113.9"), &lines, &trust), ok("http://inner.test:3000"));
    }
}

#[test]
fn the_proxy_that_faced_the_client_is_believed() {
    let trust = trusted(Forwarding::XForwardedFor);
    let client = (XFF, "203.0.113.9");
    let table: [(&[(&str, &str)], _); 15] = [
        (&[client], ok("http://inner.test:3000")),
        (&[client, (PROTO, "https")], ok("https://inner.test:3000")),
        (&[client, (PROTO, "HTTPS"), (HOST, "Shop.test")], ok("https://shop.test")),
        (&[client, (HOST, "shop.test:8443")], ok("http://shop.test:8443")),
        (
            &[client, (PROTO, "https"), (HOST, "shop.test"), (PORT, "8443")],
            ok("https://shop.test:8443"),
        ),
        (
            &[client, (PROTO, "https"), (HOST, "shop.test:444"), (PORT, "8443")],
            ok("https://shop.test:444"),
        ),
        (&[client, (PROTO, "https"), (HOST, "[2001:DB8::1]")], ok("https://[2001:db8::1]")),
        (&[client, (PROTO, "wss"), (HOST, "shop.test")], ok("https://shop.test")),
        (&[client, (PROTO, "ws"), (HOST, "shop.test:80")], ok("http://shop.test")),
        (&[client, (PROTO, "httpss")], Err(ForwardedScheme)),
        (&[client, (PROTO, "")], Err(ForwardedScheme)),
        (&[client, (HOST, "user@shop.test")], Err(ForwardedHost)),
        (&[client, (HOST, "shop.test/path")], Err(ForwardedHost)),
        (&[client, (PORT, "0")], Err(ForwardedPort)),
        (&[client, (PORT, "65536")], Err(ForwardedPort)),
    ];
    for (lines, expected) in table {
        assert_eq!(url(&proxy(), lines, &trust), expected, "{lines:?}");
    }
}

#[test]
fn a_list_is_read_at_the_clients_position_and_no_further_left() {
    let trust = trusted(Forwarding::XForwardedFor);
    let two = (XFF, "6.6.6.6, 203.0.113.9, 10.0.0.2");
    let table: [(&[(&str, &str)], _); 5] = [
        (&[two, (PROTO, "https")], ok("https://inner.test:3000")),
        (&[two, (PROTO, "https, http")], ok("https://inner.test:3000")),
        (&[two, (PROTO, "https, http, http")], ok("http://inner.test:3000")),
        (&[two, (PROTO, "https"), (PROTO, "http"), (PROTO, "http")], ok("http://inner.test:3000")),
        (&[(XFF, "203.0.113.9, 10.0.0.3, 10.0.0.2"), (PROTO, "https, http")], Err(ForwardedList)),
    ];
    for (lines, expected) in table {
        assert_eq!(url(&proxy(), lines, &trust), expected, "{lines:?}");
    }
    // A client behind one appending proxy: what he wrote stands left of what the proxy wrote.
    let one = counted(1, Forwarding::XForwardedFor).unwrap();
    let lines = [(XFF, "203.0.113.9"), (PROTO, "https, http"), (HOST, "evil.test, shop.test")];
    assert_eq!(url(&proxy(), &lines, &one), ok("http://shop.test"));
}

#[test]
fn forwarded_is_read_in_the_element_that_names_the_client() {
    let trust = trusted(Forwarding::Forwarded);
    let table = [
        ("for=203.0.113.9;proto=https;host=shop.test", ok("https://shop.test")),
        ("for=203.0.113.9;proto=\"https\";host=\"shop.test:8443\"", ok("https://shop.test:8443")),
        ("for=203.0.113.9;proto=\"ht\\tps\"", ok("https://inner.test:3000")),
        (
            "for=6.6.6.6;proto=http;host=evil.test, for=203.0.113.9;proto=https;host=shop.test, \
             for=10.0.0.2;proto=http;host=backend",
            ok("https://shop.test"),
        ),
        ("for=203.0.113.9, for=10.0.0.2;proto=https;host=backend", ok("http://inner.test:3000")),
        ("for=203.0.113.9;proto=ftp", Err(ForwardedScheme)),
        ("for=203.0.113.9;proto=httpsssssss", Err(ForwardedScheme)),
        ("for=203.0.113.9;host=\"a b\"", Err(ForwardedHost)),
    ];
    for (line, expected) in table {
        // Neighbouring headers are another source and say nothing here.
        let lines = [("forwarded", line), (HOST, "evil.test"), (PROTO, "http")];
        assert_eq!(url(&proxy(), &lines, &trust), expected, "{line:?}");
    }
}

#[test]
fn the_forwarded_host_can_be_left_aside() {
    let trust = trusted(Forwarding::XForwardedFor).ignore_forwarded_host();
    let lines = [(XFF, "203.0.113.9"), (HOST, "evil.test"), (PROTO, "https")];
    assert_eq!(url(&proxy(), &lines, &trust), ok("https://inner.test:3000"));
    let trust = trusted(Forwarding::Forwarded).ignore_forwarded_host();
    let lines = [("forwarded", "for=203.0.113.9;host=evil.test;proto=https")];
    assert_eq!(url(&proxy(), &lines, &trust), ok("https://inner.test:3000"));
}

#[test]
fn the_proxy_protocol_tells_tls_and_nothing_of_the_headers_counts() {
    let trust = trusted(Forwarding::ProxyProtocol);
    let ends = Endpoints::new("203.0.113.9:1".parse().unwrap(), "10.0.0.1:443".parse().unwrap());
    let lies = [(PROTO, "https"), (HOST, "evil.test")];
    let clear = proxy().with_announcement(Announcement::Proxied(ends));
    assert_eq!(url(&clear, &lies, &trust), ok("http://inner.test:3000"));
    let tls = proxy().with_announcement(Announcement::Proxied(ends.over_tls()));
    assert_eq!(url(&tls, &[], &trust), ok("https://inner.test:3000"));
    // From somebody who is not trusted, or where another source is configured, it says nothing.
    let liar = peer("6.6.6.6").with_announcement(Announcement::Proxied(ends.over_tls()));
    assert_eq!(url(&liar, &[], &trust), ok("http://inner.test:3000"));
    assert_eq!(url(&tls, &[], &trusted(Forwarding::Forwarded)), ok("http://inner.test:3000"));
}

#[test]
fn without_a_client_there_is_no_url() {
    let lines = [(XFF, "unknown"), (PROTO, "https")];
    let error = url(&proxy(), &lines, &trusted(Forwarding::XForwardedFor)).unwrap_err();
    assert!(matches!(error, ExternalUrlError::Client(_)));
}

#[test]
fn over_http_2_the_authority_names_the_host() {
    let mut request = Request::get("https://shop.test:8443/x").body(()).unwrap();
    *request.version_mut() = Version::HTTP_2;
    let direct = peer("203.0.113.9").over_tls();
    let found = external_url(&direct, (&request).into(), &TrustedProxies::none()).unwrap();
    assert_eq!(found.to_string(), "https://shop.test:8443");
    request.headers_mut().insert("host", "evil.test".parse().unwrap());
    let found = external_url(&direct, (&request).into(), &TrustedProxies::none());
    assert_eq!(found, Err(ExternalUrlError::Host(HostError::Mismatch)));
}

proptest! {
    #[test]
    fn no_forwarded_value_makes_it_panic_or_leaves_the_grammar(
        proto in "[ -~]{0,12}", host in "[ -~]{0,24}", port in "[ -~]{0,6}", line in "[ -~]{0,60}",
    ) {
        let lines =
            [(XFF, "203.0.113.9"), (PROTO, &*proto), (HOST, &*host), (PORT, &*port), ("forwarded", &line)];
        for forwarding in [Forwarding::XForwardedFor, Forwarding::Forwarded] {
            if let Ok(url) = url(&proxy(), &lines, &trusted(forwarding)) {
                let again: http::Uri = url.parse().unwrap();
                prop_assert_eq!(format!("{again}"), format!("{url}/"));
                prop_assert!(!url.contains('@') && url.bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }
}
