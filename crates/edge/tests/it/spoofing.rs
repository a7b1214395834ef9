//! Mistakes known from elsewhere: each attack works against the naive reading written beside it.

use std::collections::HashSet;
use std::net::IpAddr;

use http::HeaderMap;
use palisade_edge::{Forwarding, Peer, client_ip};

use crate::request::{XFF, header, headers, peer, proxy, trusted};

const ATTACKER: &str = "203.0.113.66";

/// How many clients a limiter sees in 100 requests of one attacker who changes what he writes.
fn clients<K: std::hash::Hash + Eq>(
    attack: impl Fn(usize) -> HeaderMap,
    read: impl Fn(&HeaderMap) -> K,
) -> usize {
    (0..100).map(|turn| read(&attack(turn))).collect::<HashSet<K>>().len()
}

fn ours(peer: Peer, forwarding: Forwarding) -> impl Fn(&HeaderMap) -> Option<IpAddr> {
    let trust = trusted(forwarding);
    move |headers| client_ip(&peer, headers, &trust).ok().map(IpAddr::from)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[test]
fn leftmost_forwarded_for_is_the_clients_own_word() {
    // The client sends a list, one appending proxy adds the truth.
    let attack = |turn| headers(&[(XFF, &format!("1.0.0.{turn}, {ATTACKER}"))]);
    let naive = |headers: &HeaderMap| text(headers, XFF)?.split(',').next()?.parse::<IpAddr>().ok();
    assert_eq!(clients(attack, naive), 100);
    assert_eq!(clients(attack, ours(proxy(), Forwarding::XForwardedFor)), 1);
}

#[test]
fn an_address_with_a_port_is_no_reason_to_share_the_proxys_bucket() {
    // Some proxies write `ip:port`; a reader that fails falls back to the peer for everybody.
    let write = |turn| headers(&[(XFF, &format!("203.0.113.{turn}:40000"))]);
    let naive = |headers: &HeaderMap| {
        let parsed = text(headers, XFF).and_then(|list| list.parse::<IpAddr>().ok());
        parsed.unwrap_or_else(|| proxy().address().ip())
    };
    assert_eq!(clients(write, naive), 1);
    assert_eq!(clients(write, ours(proxy(), Forwarding::XForwardedFor)), 100);
}

#[test]
fn a_mapped_address_is_not_a_neighbour_of_every_other_one() {
    // On a dual-stack socket IPv4 peers are ::ffff:a.b.c.d; cut to a prefix, they are all one.
    let peers = (0..100).map(|turn| peer(&format!("::ffff:203.0.113.{turn}")));
    let naive = |peer: &Peer| match peer.address().ip() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 72).unwrap_or(0), // a /56
    };
    let trust = trusted(Forwarding::XForwardedFor);
    let seen: HashSet<u64> = peers.clone().map(|peer| naive(&peer)).collect();
    assert_eq!(seen.len(), 1);
    let seen: HashSet<IpAddr> = peers
        .map(|peer| client_ip(&peer, &headers(&[]), &trust).unwrap().address())
        .inspect(|address| assert!(address.is_ipv4()))
        .collect();
    assert_eq!(seen.len(), 100);
}

#[test]
fn a_mapped_proxy_is_still_the_trusted_proxy() {
    // Compared as written, ::ffff:10.0.0.1 is not in 10.0.0.0/8 and nobody is believed any more.
    let mapped = peer("::ffff:10.0.0.1");
    let naive = matches!(mapped.address().ip(), IpAddr::V4(address) if address.octets()[0] == 10);
    assert!(!naive);
    let read = ours(mapped, Forwarding::XForwardedFor);
    assert_eq!(read(&headers(&[(XFF, ATTACKER)])), Some(ATTACKER.parse().unwrap()));
}

#[test]
fn the_first_untrusted_element_of_forwarded_is_the_clients_own_word() {
    let attack =
        |turn| headers(&[("forwarded", &format!("for=1.0.0.{turn}, for={ATTACKER};proto=https"))]);
    let naive = |headers: &HeaderMap| {
        let first = text(headers, "forwarded")?.split(',').next()?;
        first.strip_prefix("for=")?.parse::<IpAddr>().ok()
    };
    assert_eq!(clients(attack, naive), 100);
    assert_eq!(clients(attack, ours(proxy(), Forwarding::Forwarded)), 1);
}

#[test]
fn a_hop_that_cannot_be_read_does_not_make_the_one_before_it_true() {
    // The proxy appends `ip:port`; a reader that skips what it cannot parse takes the spoofed one.
    let attack = |turn| headers(&[(XFF, &format!("1.0.0.{turn}, {ATTACKER}:40000"))]);
    let naive = |headers: &HeaderMap| {
        text(headers, XFF)?.rsplit(',').find_map(|hop| hop.trim().parse::<IpAddr>().ok())
    };
    assert_eq!(clients(attack, naive), 100);
    assert_eq!(clients(attack, ours(proxy(), Forwarding::XForwardedFor)), 1);
    // And where the appended hop is nobody's address, nobody is the client.
    let attack = |turn| headers(&[(XFF, &format!("1.0.0.{turn}, unknown"))]);
    let read = ours(proxy(), Forwarding::XForwardedFor);
    assert_eq!(clients(attack, naive), 100);
    assert_eq!((clients(attack, &read), read(&attack(0))), (1, None));
}

#[test]
fn there_is_no_falling_through_to_another_header() {
    // The configured list cannot be read, so a reader tries X-Real-IP, which the client sent.
    let attack = |turn| headers(&[(XFF, "unix:"), ("x-real-ip", &format!("1.0.0.{turn}"))]);
    let naive = |headers: &HeaderMap| {
        let listed = text(headers, XFF).and_then(|hop| hop.parse::<IpAddr>().ok());
        listed.or_else(|| text(headers, "x-real-ip")?.parse().ok())
    };
    assert_eq!(clients(attack, naive), 100);
    let read = ours(proxy(), Forwarding::XForwardedFor);
    assert_eq!((clients(attack, &read), read(&attack(0))), (1, None));
}

#[test]
fn a_header_from_somebody_who_is_no_proxy_is_nothing() {
    let attack = |turn| headers(&[(XFF, &format!("1.0.0.{turn}"))]);
    let naive =
        |headers: &HeaderMap| text(headers, XFF)?.rsplit(',').next()?.parse::<IpAddr>().ok();
    assert_eq!(clients(attack, naive), 100);
    assert_eq!(clients(attack, ours(peer(ATTACKER), Forwarding::XForwardedFor)), 1);
}

#[test]
fn the_second_copy_of_a_single_value_header_does_not_count_either() {
    // The proxy adds its own line instead of overwriting; a map gives the first, the client's.
    let attack =
        |turn| headers(&[("x-real-ip", &format!("1.0.0.{turn}")), ("x-real-ip", ATTACKER)]);
    let naive = |headers: &HeaderMap| text(headers, "x-real-ip")?.parse::<IpAddr>().ok();
    assert_eq!(clients(attack, naive), 100);
    let read = ours(proxy(), header("x-real-ip"));
    assert_eq!((clients(attack, &read), read(&attack(0))), (1, None));
}

#[test]
fn an_open_quote_does_not_swallow_what_the_proxy_appended() {
    // Read from the left, the string never ends and the list is one unreadable element.
    let attack = |turn| headers(&[("forwarded", &format!("for=\"{turn}, for={ATTACKER}"))]);
    let naive = |headers: &HeaderMap| {
        let list = text(headers, "forwarded")?;
        let quotes = list.matches('"').count();
        // From the left: an unbalanced string makes the reader take the whole rest as a key.
        if quotes % 2 == 1 { Some(list.to_owned()) } else { None }
    };
    assert_eq!(clients(attack, naive), 100);
    assert_eq!(clients(attack, ours(proxy(), Forwarding::Forwarded)), 1);
}
