//! Scanners are found, people and crawlers are not, and the memory stays as it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use palisade_core::{Clock, ManualClock};
use palisade_observe::log::{Captured, Format, LogLayer};
use palisade_observe::suspicion::{Detector, Policy, Signs, Suspicion};
use tracing_subscriber::prelude::*;

/// Requests: target, `User-Agent`, status of the answer.
type Requests<'a> = Vec<(&'a str, &'a str, u16)>;

const fn address(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(number))
}

struct Watch {
    detector: Detector,
    clock: ManualClock,
}

impl Watch {
    fn new() -> Self {
        let clock = ManualClock::new();
        Self { detector: Detector::new(Policy::default(), [3; 16], clock.now()), clock }
    }

    fn look(&self, client: IpAddr, target: &str, agent: &str, status: u16) -> Option<Suspicion> {
        let request = Request::get(target).header("user-agent", agent).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let (signs, seen) = (Signs::of(&parts), self.detector.see(parts.uri.path()));
        let status = StatusCode::from_u16(status).ok();
        self.detector.look(client, signs, seen, status, self.clock.now())
    }

    /// Everything that a client is suspected of on the way.
    fn all(&self, client: IpAddr, requests: &[(&str, &str, u16)]) -> Vec<Suspicion> {
        requests
            .iter()
            .filter_map(|(target, agent, status)| self.look(client, target, agent, *status))
            .collect()
    }
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

#[test]
fn scanners_are_found() {
    let words: Vec<String> = (0..60).map(|n| format!("/backup{n}")).collect();
    let wordlist: Vec<(&str, &str, u16)> =
        words.iter().map(|word| (word.as_str(), BROWSER, 404)).collect();
    let corpus: Vec<(&str, Requests<'_>, Suspicion)> = vec![
        ("word list", wordlist, Suspicion::Searching),
        ("sqlmap", vec![("/students?id=1", "sqlmap/1.8#stable", 200)], Suspicion::Scanning),
        ("nikto", vec![("/", "Mozilla/5.00 (Nikto/2.5.0)", 200)], Suspicion::Scanning),
        (
            "wordpress",
            ["/wp-login.php", "/wp-admin/", "/xmlrpc.php", "/.env", "/.git/config"]
                .map(|p| (p, BROWSER, 404))
                .to_vec(),
            Suspicion::Scanning,
        ),
        (
            "traversal",
            ["/a/../../etc/x", "/%2e%2e/%2e%2e/x", "/..%5cx"].map(|p| (p, BROWSER, 404)).to_vec(),
            Suspicion::Probing,
        ),
        (
            "in the query",
            ["/?f=../../x", "/?f=%00", "/?f=a%0d%0aset-cookie:x"]
                .map(|p| (p, BROWSER, 200))
                .to_vec(),
            Suspicion::Probing,
        ),
        ("log4shell", vec![("/?q=%24%7bjndi:ldap://x", BROWSER, 200); 3], Suspicion::Probing),
        ("passwords", vec![("/api/v1/auth/login", BROWSER, 401); 10], Suspicion::Guessing),
    ];
    for (name, requests, expected) in corpus {
        let watch = Watch::new();
        let found = watch.all(address(1), &requests);
        assert_eq!(found, [expected], "{name}: reported once");
    }
}

#[test]
fn people_and_crawlers_are_not() {
    let pages: Vec<String> = (0..500).map(|n| format!("/students/S{n}?page={n}&q=a..b")).collect();
    let crawl: Vec<(&str, &str, u16)> = pages
        .iter()
        .enumerate()
        .map(|(n, page)| {
            (
                page.as_str(),
                "Mozilla/5.0 (compatible; Googlebot/2.1)",
                if n % 5 == 0 { 404 } else { 200 },
            )
        })
        .collect();
    let corpus: Vec<(&str, Requests<'_>)> = vec![
        ("a crawler with dead links", crawl),
        ("a tab that polls what is gone", vec![("/feed", BROWSER, 404); 300]),
        ("a forgotten password", vec![("/login", BROWSER, 401); 4]),
        ("a busy editor", vec![("/announcements/phrases", BROWSER, 200); 300]),
        (
            "odd but honest paths",
            [
                "/.environment",
                "/files/a..b",
                "/v1.2..1.3/x",
                "/wp-loginx",
                "/q?x=100%25",
                "/notes/old.php.txt",
                "/.well-known/security.txt",
                "/robots.txt",
                "/favicon.ico",
            ]
            .map(|p| (p, BROWSER, 200))
            .to_vec(),
        ),
    ];
    for (name, requests) in corpus {
        let watch = Watch::new();
        assert_eq!(watch.all(address(1), &requests), [], "{name}");
    }
}

#[test]
fn what_was_a_minute_ago_is_forgotten_and_reported_again() {
    let watch = Watch::new();
    let probe = |watch: &Watch| watch.look(address(1), "/../x", BROWSER, 404);
    assert_eq!((probe(&watch), probe(&watch)), (None, None));
    watch.clock.advance(Duration::from_mins(1));
    assert_eq!((probe(&watch), probe(&watch)), (None, None), "two in each minute");
    assert_eq!((probe(&watch), probe(&watch)), (Some(Suspicion::Probing), None), "once a minute");
    watch.clock.advance(Duration::from_mins(1));
    assert_eq!(
        (probe(&watch), probe(&watch), probe(&watch)),
        (None, None, Some(Suspicion::Probing))
    );
}

#[test]
fn an_attacker_does_not_become_another_inside_his_network() {
    let watch = Watch::new();
    let host = |n: u128| IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | n));
    assert_eq!(watch.look(host(1), "/../x", BROWSER, 404), None);
    assert_eq!(watch.look(host(2 << 32), "/../x", BROWSER, 404), None);
    assert_eq!(watch.look(host(3), "/../x", BROWSER, 404), Some(Suspicion::Probing));
    let v4 = watch.look(IpAddr::V6(Ipv4Addr::new(1, 2, 3, 4).to_ipv6_mapped()), "/", "sqlmap", 200);
    assert_eq!(v4, Some(Suspicion::Scanning));
    assert_eq!(watch.look(address(0x0102_0304), "/", "sqlmap", 200), None, "the same client");
}

#[test]
fn a_flood_of_addresses_takes_no_memory_and_does_not_hide_who_is_suspicious() {
    const { assert!(Detector::BYTES <= 1 << 20) };
    let watch = Watch::new();
    let attacker = address(0x0a00_0001);
    watch.look(attacker, "/../x", BROWSER, 404);
    watch.look(attacker, "/../x", BROWSER, 404);
    for number in 0..1_000_000_u32 {
        let client = address(number.wrapping_mul(2_654_435_761));
        let (seen, ok) = (watch.detector.see("/"), Some(StatusCode::OK));
        watch.detector.look(client, Signs::NONE, seen, ok, watch.clock.now());
    }
    assert_eq!(watch.look(attacker, "/../x", BROWSER, 404), Some(Suspicion::Probing));
}

#[test]
fn a_flood_of_suspects_is_no_flood_of_events() {
    let lines = Captured::new();
    let watch = Watch::new();
    let layer = LogLayer::new(Arc::new(watch.clock.clone())).to(Format::Json, lines.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        for number in 0..1000 {
            watch.look(address(number), "/", "sqlmap", 200);
        }
        watch.clock.advance(Duration::from_mins(1));
        watch.look(address(5000), "/", "sqlmap", 200);
    });
    let text = lines.text();
    assert_eq!(text.matches("malicious_attack_tool").count(), 61);
    assert!(text.contains("\"silenced_before\":940"), "what was left out is told");
    assert!(text.contains("\"target\":\"palisade::security\""));
}
