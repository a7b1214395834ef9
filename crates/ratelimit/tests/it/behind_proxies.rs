//! Mistakes about who the client is, tried on a limit of one for each client.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use palisade_edge::{Forwarding, Peer, TrustedProxies, client_ip};
use palisade_ratelimit::key::Key;
use palisade_ratelimit::{Head, Limits, Quota, Rule};

use crate::request::{get, limits};

/// Proxies in 10.0.0.0/8 that write there.
fn proxies(forwarding: Forwarding) -> TrustedProxies {
    TrustedProxies::in_ranges(["10.0.0.0/8"], forwarding).unwrap()
}

/// A request over that connection with these fields; `None` where nobody can tell who sent it.
fn request(
    trust: &TrustedProxies,
    peer: &str,
    fields: &[(&'static str, String)],
) -> Option<Request<()>> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let value = HeaderValue::from_str(value).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    let peer = Peer::new(SocketAddr::new(peer.parse().unwrap(), 40_000));
    let client = client_ip(&peer, &headers, trust).ok()?;
    let mut request = get("/");
    *request.headers_mut() = headers;
    request.extensions_mut().insert(client);
    Some(request)
}

fn one_for_each() -> Limits {
    limits(|builder| builder.rule(Rule::new("ip", Quota::per_hour(1)).by(Key::client_ip()))).0
}

/// How many of 300 are admitted; each has a turn of its own for what it forges.
fn admitted(
    trust: &TrustedProxies,
    peer: &str,
    fields: impl Fn(usize) -> Vec<(&'static str, String)>,
) -> usize {
    let limits = one_for_each();
    let passes = |turn: &usize| {
        request(trust, peer, &fields(*turn))
            .is_some_and(|request| limits.check(Head::from(&request)).is_ok())
    };
    (0..300).filter(passes).count()
}

fn forged(turn: usize) -> String {
    format!("198.51.{}.{}", turn / 200, turn % 200)
}

#[test]
fn the_leftmost_address_that_a_client_wrote_before_its_proxy_is_not_the_client() {
    let trust = proxies(Forwarding::XForwardedFor);
    let fields = |turn| vec![("x-forwarded-for", format!("{}, 203.0.113.9", forged(turn)))];
    assert_eq!(admitted(&trust, "10.0.0.1", fields), 1);
    // As two lines, they are one list.
    let fields = |turn| {
        vec![("x-forwarded-for", forged(turn)), ("x-forwarded-for", "203.0.113.9".to_owned())]
    };
    assert_eq!(admitted(&trust, "10.0.0.1", fields), 1);
}

#[test]
fn the_first_element_of_forwarded_that_a_client_wrote_is_not_the_client() {
    let trust = proxies(Forwarding::Forwarded);
    let fields =
        |turn| vec![("forwarded", format!("for={}, for=203.0.113.9;proto=https", forged(turn)))];
    assert_eq!(admitted(&trust, "10.0.0.1", fields), 1);
}

#[test]
fn addresses_with_ports_are_clients_of_their_own() {
    let trust = proxies(Forwarding::XForwardedFor);
    // Nobody shares the proxy's count, and another port is no other client.
    let clients = |turn| vec![("x-forwarded-for", format!("203.0.113.{}:{turn}", turn % 30))];
    assert_eq!(admitted(&trust, "10.0.0.1", clients), 30);
    let networks =
        |turn| vec![("x-forwarded-for", format!("[2001:db8:{:x}::1]:{turn}", turn % 30))];
    assert_eq!(admitted(&trust, "10.0.0.1", networks), 30);
}

#[test]
fn an_address_with_a_port_does_not_let_a_forged_one_win() {
    let trust = proxies(Forwarding::XForwardedFor);
    let fields = |turn| {
        vec![
            ("x-forwarded-for", format!("{}, 203.0.113.9:{turn}", forged(turn))),
            ("x-real-ip", forged(turn)),
            ("forwarded", format!("for={}", forged(turn))),
        ]
    };
    assert_eq!(admitted(&trust, "10.0.0.1", fields), 1);
}

#[test]
fn what_cannot_be_read_does_not_fall_through_to_what_a_client_wrote() {
    let trust = proxies(Forwarding::XForwardedFor);
    for unread in ["unknown", "_hidden", "203.0.113.9:", "203.0.113.300", ""] {
        let fields = |turn| {
            vec![
                ("x-forwarded-for", format!("{}, {unread}", forged(turn))),
                ("x-real-ip", forged(turn)),
            ]
        };
        assert!(admitted(&trust, "10.0.0.1", fields) <= 1, "{unread:?}");
    }
}

#[test]
fn a_proxy_whose_address_is_mapped_is_the_same_proxy() {
    let trust = proxies(Forwarding::XForwardedFor);
    let clients = |turn| vec![("x-forwarded-for", format!("203.0.113.{}", turn % 30))];
    assert_eq!(admitted(&trust, "::ffff:10.0.0.1", clients), 30, "all are told apart");
    let mapped = |turn| vec![("x-forwarded-for", format!("::ffff:203.0.113.{}", turn % 30))];
    assert_eq!(admitted(&trust, "::ffff:10.0.0.1", mapped), 30);
}

#[test]
fn who_is_no_proxy_writes_in_vain() {
    let trust = proxies(Forwarding::XForwardedFor);
    let fields = |turn| vec![("x-forwarded-for", forged(turn))];
    assert_eq!(admitted(&trust, "203.0.113.9", fields), 1);
}
