//! What the deployment is told, and how often.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use palisade_core::{ManualClock, SecurityEvent};
use palisade_edge::https::{HttpsPolicy, HttpsRedirectLayer};
use palisade_edge::proxy_protocol::Announcement;
use palisade_edge::{AllowedHosts, EdgeLayer, Finding, Forwarding, Peer, TrustedProxies};
use tower::{Layer, ServiceExt, service_fn};

use crate::events::{Told, listen};
use crate::request::{XFF, counted, header, peer, proxy, request, trusted};

const HOST: (&str, &str) = ("host", "example.com");

fn send(layer: &EdgeLayer, peer: Option<Peer>, lines: &[(&str, &str)]) -> Vec<Told> {
    let mut request = request("/", &[&[HOST][..], lines].concat());
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    let page = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Bytes::from("page")))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    listen(|| drop(runtime.block_on(layer.layer(page).oneshot(request))))
}

fn codes(told: &[Told]) -> Vec<&str> {
    let misconfiguration = SecurityEvent::Misconfiguration.as_str();
    told.iter().filter(|told| told.event == misconfiguration).map(|told| &*told.code).collect()
}

fn found(trust: TrustedProxies, peer: Option<Peer>, lines: &[(&str, &str)]) -> Vec<String> {
    let told = send(&EdgeLayer::new(trust), peer, lines);
    codes(&told).into_iter().map(str::to_owned).collect()
}

type Case<'a> = (TrustedProxies, Option<Peer>, Vec<(&'a str, &'a str)>, Option<Finding>);

#[test]
fn each_contradiction_has_its_code() {
    let xff = || trusted(Forwarding::XForwardedFor);
    let list = (XFF, "203.0.113.9");
    let forwarded = ("forwarded", "for=203.0.113.9");
    let real = ("x-real-ip", "203.0.113.9");
    let client = Some(peer("198.51.100.4"));
    let announced = Some(proxy().with_announcement(Announcement::Local));
    let table: Vec<Case<'_>> = vec![
        (xff(), Some(proxy()), vec![list], None),
        (xff(), client, vec![], None),
        (xff(), Some(proxy()), vec![list, forwarded], None),
        (xff(), client, vec![list], Some(Finding::UntrustedForwarding)),
        (TrustedProxies::none(), client, vec![forwarded], Some(Finding::UntrustedForwarding)),
        (trusted(header("x-real-ip")), client, vec![real], Some(Finding::UntrustedForwarding)),
        (xff(), Some(proxy()), vec![forwarded], Some(Finding::ForwardedIgnored)),
        (
            trusted(Forwarding::Forwarded),
            Some(proxy()),
            vec![list],
            Some(Finding::XForwardedForIgnored),
        ),
        (xff(), Some(proxy()), vec![], Some(Finding::ForwardingMissing)),
        (trusted(header("x-real-ip")), Some(proxy()), vec![list], Some(Finding::HeaderMissing)),
        (
            trusted(header("x-real-ip")),
            Some(proxy()),
            vec![real, real],
            Some(Finding::HeaderDuplicated),
        ),
        (xff(), Some(proxy()), vec![(XFF, "unknown")], Some(Finding::HopUnreadable)),
        (
            counted(2, Forwarding::XForwardedFor).unwrap(),
            Some(proxy()),
            vec![list],
            Some(Finding::HopsMiscounted),
        ),
        (
            trusted(Forwarding::ProxyProtocol),
            Some(proxy()),
            vec![],
            Some(Finding::ProxyFactsMissing),
        ),
        (xff(), announced, vec![list], Some(Finding::ProxyFactsIgnored)),
        (xff(), None, vec![list], Some(Finding::PeerMissing)),
        (
            xff(),
            Some(proxy()),
            vec![list, ("x-forwarded-proto", "ftp")],
            Some(Finding::UrlUnreadable),
        ),
    ];
    for (trust, peer, lines, expected) in table {
        let expected: Vec<&str> = expected.map(Finding::code).into_iter().collect();
        assert_eq!(found(trust, peer, &lines), expected, "{lines:?}");
    }
}

#[test]
fn a_redirect_without_the_edge_layer_is_found() {
    let policy = HttpsPolicy::new(AllowedHosts::new(["example.com"]).unwrap());
    let page = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Bytes::from("page")))
    });
    let clock = ManualClock::new();
    let app = HttpsRedirectLayer::new(policy).with_clock(clock.clone()).layer(page);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let told = listen(|| drop(runtime.block_on(app.oneshot(request("/", &[HOST])))));
    assert_eq!(codes(&told), [Finding::UrlMissing.code()]);
}

#[test]
fn a_finding_is_told_once_an_hour_and_each_has_its_own_hour() {
    let clock = ManualClock::new();
    let layer = EdgeLayer::new(trusted(Forwarding::XForwardedFor)).with_clock(clock.clone());
    let spoof = || send(&layer, Some(peer("198.51.100.4")), &[(XFF, "6.6.6.6")]);
    let unreadable = || send(&layer, Some(proxy()), &[(XFF, "unknown")]);
    assert_eq!(codes(&spoof()), [Finding::UntrustedForwarding.code()]);
    assert!(codes(&spoof()).is_empty());
    assert_eq!(codes(&unreadable()), [Finding::HopUnreadable.code()]);
    clock.advance(Duration::from_secs(3599));
    assert!(codes(&spoof()).is_empty() && codes(&unreadable()).is_empty());
    clock.advance(Duration::from_secs(1));
    assert_eq!(codes(&spoof()), [Finding::UntrustedForwarding.code()]);
    assert_eq!(codes(&unreadable()), [Finding::HopUnreadable.code()]);
}

#[test]
fn a_thousand_requests_from_one_private_address_mean_a_hidden_proxy() {
    let crowd = |address: &str, times: usize| {
        let layer = EdgeLayer::new(TrustedProxies::none());
        let mut told = Vec::new();
        for _ in 0..times {
            told.extend(send(&layer, Some(peer(address)), &[]));
        }
        codes(&told).len()
    };
    for private in ["10.0.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:172.16.0.1"] {
        assert_eq!((crowd(private, 999), crowd(private, 1000)), (0, 1), "{private}");
    }
    assert_eq!(crowd("203.0.113.9", 1000), 0);
    assert_eq!(crowd("127.0.0.1", 1000), 0);
    let layer = EdgeLayer::new(TrustedProxies::none());
    let mixed = (0..1500).flat_map(|turn| {
        let address = if turn % 900 == 899 { "10.0.0.2" } else { "10.0.0.1" };
        send(&layer, Some(peer(address)), &[])
    });
    assert!(codes(&mixed.collect::<Vec<_>>()).is_empty());
}

#[test]
fn refusals_and_ignored_headers_are_events_without_what_the_client_wrote() {
    let canary = "canary-7f3a";
    let layer = EdgeLayer::new(trusted(Forwarding::XForwardedFor));
    let refused = send(&layer, Some(proxy()), &[(XFF, canary), ("x-forwarded-host", canary)]);
    assert!(
        refused
            .iter()
            .any(|t| t.event == "input_validation_fail" && t.code == "unidentified_client")
    );
    let ignored = send(&layer, Some(peer("198.51.100.4")), &[(XFF, canary)]);
    assert!(ignored.iter().any(|t| t.event == "malicious_extraneous"));
    for told in refused.iter().chain(&ignored) {
        assert!(!told.all.contains(canary), "{}", told.all);
    }
}

#[test]
fn the_table_in_the_documentation_is_the_code() {
    let readme = include_str!("../../README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `edge_")).collect();
    let expected: Vec<String> = Finding::ALL
        .iter()
        .map(|finding| format!("| `{finding}` | {} | {} |", finding.meaning(), finding.fix()))
        .collect();
    assert_eq!(rows, expected);
}
