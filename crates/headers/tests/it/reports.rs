//! The collector of violation reports.

use std::convert::Infallible;
use std::fmt::{Debug, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::Full;
use palisade_core::{ManualClock, SecurityEvent};
use palisade_headers::SecurityHeaders;
use palisade_headers::reports::{
    Collector, Disposition, Malformed, Noise, Refused, Reports, Violation, parse,
};
use palisade_testkit::alloc::count;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::site::request;

const KEY: [u8; 32] = [7; 32];
const DAY: Duration = Duration::from_hours(24);
const BROWSER: &[u8] = b"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/144.0";

fn collector(clock: &ManualClock) -> Collector {
    Collector::new(&KEY, Arc::new(clock.clone())).unwrap()
}

/// The query that browsers are told, read off a response's header.
fn query(collector: &Collector, policy: &str) -> String {
    let endpoint = collector.endpoint(policy, "/reports").unwrap();
    let layer = SecurityHeaders::api().report_to(endpoint).finish().unwrap();
    announced(&layer)
}

fn announced(layer: &palisade_headers::SecurityHeadersLayer) -> String {
    let exchange = layer.open(request("GET", "https://a.example/").extensions_mut());
    let mut answer = Response::new(());
    exchange.close(&mut answer);
    let csp = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let address = csp.split("report-uri /reports?").nth(1).unwrap().split(';').next().unwrap();
    let endpoints = answer.headers()["reporting-endpoints"].to_str().unwrap();
    assert!(endpoints.ends_with(&format!("=\"/reports?{address}\"")), "{endpoints}");
    address.to_owned()
}

fn old(page: &str, blocked: &str) -> Value {
    json!({"csp-report": {"document-uri": page, "effective-directive": "script-src-elem",
        "violated-directive": "script-src-elem", "blocked-uri": blocked, "disposition": "enforce",
        "source-file": page, "line-number": 7, "status-code": 200, "script-sample": ""}})
}

fn new(page: &str, blocked: &str) -> Value {
    json!([{"age": 5, "type": "csp-violation", "url": page, "user_agent": "x", "body": {
        "documentURL": page, "effectiveDirective": "img-src", "blockedURL": blocked,
        "disposition": "report", "sample": "", "statusCode": 200, "originalPolicy": "img-src 'none'"}}])
}

fn collect(collector: &Collector, query: &str, body: &Value) {
    collector.admit(Some(query), BROWSER).unwrap().collect(body.to_string().as_bytes());
}

fn refused(collector: &Collector, reason: Refused) -> u64 {
    collector.snapshot().refused().iter().find(|(known, _)| *known == reason).unwrap().1
}

#[test]
fn both_forms_are_read_and_what_identifies_people_is_left_out() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let query = query(&collector, "pages");
    let page = "https://user@a.example/students?q=Amina#top";
    collect(&collector, &query, &old(page, "https://evil.example/x.js?session=1"));
    clock.advance(Duration::from_secs(5));
    collect(&collector, &query, &old(page, "https://evil.example/x.js?session=2"));
    collect(&collector, &query, &new(page, "inline"));
    let snapshot = collector.snapshot();
    assert_eq!(snapshot.counted(), 3);
    let [first, second] = snapshot.violations() else { panic!("{snapshot:?}") };
    let violation = first.violation();
    assert_eq!(
        (violation.policy(), violation.what(), violation.page(), violation.blocked()),
        ("pages", "script-src-elem", "https://a.example/students", "https://evil.example/x.js")
    );
    assert_eq!(violation.source(), Some("https://a.example/students"));
    assert_eq!(violation.disposition(), Disposition::Enforced);
    assert_eq!((first.at_least(), first.at_most(), first.line()), (2, 2, Some(7)));
    let seen = first.last_seen().duration_since(first.first_seen()).unwrap();
    assert_eq!(seen, Duration::from_secs(5));
    assert_eq!(second.violation().disposition(), Disposition::Tried);
    assert_eq!((second.violation().what(), second.violation().blocked()), ("img-src", "inline"));
}

#[test]
fn other_reports_of_policies_are_known_and_the_rest_is_not() {
    let clock = ManualClock::starting_at(DAY);
    let table = [
        (
            "coep",
            json!({"blockedURL": "https://b.example/x"}),
            Some("cross-origin-embedder-policy"),
        ),
        ("coop", json!({}), Some("cross-origin-opener-policy")),
        (
            "integrity-violation",
            json!({"blockedURL": "https://a.example/x.js"}),
            Some("integrity-policy"),
        ),
        ("permissions-policy-violation", json!({"policyId": "camera"}), Some("permissions-policy")),
        (
            "csp-violation",
            json!({"effectiveDirective": "require-trusted-types-for"}),
            Some("require-trusted-types-for"),
        ),
        ("csp-violation", json!({"violatedDirective": "script-src 'self'"}), Some("script-src")),
        ("csp-violation", json!({"effectiveDirective": "<script>"}), None),
        ("csp-violation", json!({"effectiveDirective": ["img-src"]}), None),
        ("deprecation", json!({"id": "x"}), None),
        ("csp-violation", json!(null), None),
        ("csp-violation", json!("text"), None),
    ];
    for (kind, body, expected) in table {
        let collector = collector(&clock);
        let report = json!([{"type": kind, "url": "https://a.example/", "body": body}]);
        collect(&collector, &query(&collector, "p"), &report);
        let snapshot = collector.snapshot();
        let what = snapshot.violations().first().map(|seen| seen.violation().what());
        assert_eq!(what, expected, "{report}");
        assert_eq!(
            refused(&collector, Refused::Unknown),
            u64::from(expected.is_none()),
            "{report}"
        );
    }
}

#[test]
fn bodies_are_bounded_in_length_depth_and_number() {
    let long = format!("[{}]", " ".repeat(64 << 10));
    let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
    let just = format!("{}{}", "[".repeat(16), "]".repeat(16));
    let quoted = json!([{"url": "[[[[[[[[[[[[[[[[[[[[[[\\\"[["}]).to_string();
    let table = [
        ("", Err(Malformed::NotReports)),
        ("7", Err(Malformed::NotReports)),
        ("\"x\"", Err(Malformed::NotReports)),
        ("{\"csp-report\": {}", Err(Malformed::NotReports)),
        ("[] []", Err(Malformed::NotReports)),
        (&long, Err(Malformed::TooLong)),
        (&deep, Err(Malformed::TooDeep)),
        (&just, Ok(0)),
        (&quoted, Ok(1)),
        ("[]", Ok(0)),
        ("{}", Ok(1)),
        ("[1, null, \"x\", [], {}]", Ok(1)),
        ("{\"csp-report\": 5, \"body\": [1], \"type\": {}, \"url\": null}", Ok(1)),
    ];
    for (body, expected) in table {
        let read = parse(body.as_bytes()).map(|batch| batch.reports().len());
        assert_eq!(read, expected, "{}", body.get(..40).unwrap_or(body));
    }
    let many = Value::from(vec![new("https://a.example/", "inline")[0].clone(); 50]).to_string();
    let batch = parse(many.as_bytes()).unwrap();
    assert_eq!((batch.reports().len(), batch.omitted()), (32, 18));

    // Whatever fits into a body, reading it takes memory of the order of the body.
    let brackets = format!("[{}0]", "0,".repeat(32_000));
    for body in [brackets.as_bytes(), many.as_bytes(), quoted.as_bytes()] {
        let made = count(|| parse(body).is_ok());
        assert!(made.bytes <= 64 << 10, "{made:?}");
    }
}

#[test]
fn a_tag_holds_for_its_policy_its_key_and_two_days() {
    let clock = ManualClock::starting_at(DAY * 20_000);
    let collector = collector(&clock);
    let good = query(&collector, "pages");
    assert!(good.starts_with("p=pages&d=20000&t="), "{good}");
    let admitted = |query: &str| collector.admit(Some(query), BROWSER).is_ok();
    assert!(admitted(&good));
    let (front, tag) = good.rsplit_once('=').unwrap();
    let flipped = if tag.starts_with('A') { "B" } else { "A" };
    let forged = [
        String::new(),
        "p=pages".to_owned(),
        good.replace("pages", "other"),
        good.replace("d=20000", "d=19999"),
        good.replace("d=20000", "d=20001"),
        format!("{front}={flipped}{}", &tag[1..]),
        format!("{front}={}", &tag[..20]),
        format!("{front}="),
        format!("{good}A"),
        format!("{good}&x=1"),
        format!("x=1&{good}"),
    ];
    for query in &forged {
        assert_eq!(
            collector.admit(Some(query), BROWSER).unwrap_err(),
            Refused::Untagged,
            "{query}"
        );
    }
    assert_eq!(collector.admit(None, BROWSER).unwrap_err(), Refused::Untagged);
    let stranger = Collector::new(&[8; 32], Arc::new(clock.clone())).unwrap();
    assert!(!admitted(&query(&stranger, "pages")));
    let sibling = Collector::new(&KEY, Arc::new(clock.clone())).unwrap();
    assert!(admitted(&query(&sibling, "pages")), "instances share the key");

    clock.advance(DAY);
    assert!(admitted(&good), "pages stay open over midnight");
    clock.advance(DAY);
    assert!(!admitted(&good));
    assert_eq!(refused(&collector, Refused::Untagged), 14);

    let error = Collector::new(&[9; 31], Arc::new(clock.clone())).unwrap_err();
    assert_eq!(error.value(), "of 31 bytes");
    for address in ["/reports?x", "/reports#x", "reports", "http://a.example/"] {
        assert_eq!(collector.endpoint("p", address).unwrap_err().value(), address);
    }
}

#[test]
fn headers_name_another_address_each_day() {
    let clock = ManualClock::starting_at(DAY * 20_000);
    let collector = collector(&clock);
    let endpoint = collector.endpoint("pages", "/reports").unwrap();
    assert_eq!((endpoint.name(), endpoint.address()), ("pages", "/reports"));
    let layer = SecurityHeaders::strict().report_to(endpoint).finish().unwrap();
    let first = announced(&layer);
    clock.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(announced(&layer), first);
    clock.advance(Duration::from_secs(1));
    let second = announced(&layer);
    assert_ne!(second, first);
    assert_eq!(announced(&layer), second);
    assert!(collector.admit(Some(&second), BROWSER).is_ok());
    clock.set_wall(DAY * 20_000);
    assert_eq!(announced(&layer), first, "an administrator may set the date back");
}

#[test]
fn untagged_floods_die_before_anything_is_allocated() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let forged = query(&collector, "p").replace("&d=1", "&d=0");
    let made = count(|| {
        for _ in 0..1000 {
            assert!(collector.admit(Some(&forged), BROWSER).is_err());
            assert!(collector.admit(Some("p=p"), BROWSER).is_err());
        }
    });
    // A counter's labels are made for each count.
    let labels = if cfg!(feature = "metrics") { 2000 } else { 0 };
    assert_eq!(made.allocations, labels);
}

/// How many hostile reports to count; the nightly run asks for more.
fn hostile() -> u32 {
    std::env::var("PALISADE_HOSTILE_REPORTS")
        .map_or(100_000, |count| count.parse().expect("a number of reports"))
}

/// Whoever has seen a page has a tag: without it the flood ends at the door.
#[test]
fn a_flood_of_distinct_reports_takes_no_memory_and_leaves_true_violations_on_top() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let query = query(&collector, "pages");
    let (hostile, per_body) = (hostile(), 20);
    let truth: Vec<_> = (0_u32..10).map(|n| (n, format!("https://a.example/{n}"))).collect();
    let mut sent = 0_u32;
    let mut round = || {
        // One report in 30 is true, shared by ten violations of falling frequency.
        let mut reports: Vec<Value> = (0..per_body)
            .map(|n| {
                new(&format!("https://a.example/{}/{}", sent + n, "x".repeat(60)), "inline")[0]
                    .clone()
            })
            .collect();
        sent += per_body;
        let turn = sent / per_body;
        let chosen = truth.iter().filter(|(n, _)| turn.is_multiple_of(n + 3));
        reports.extend(chosen.map(|(_, page)| new(page, "eval")[0].clone()));
        let body = Value::from(reports).to_string();
        let made =
            count(|| collector.admit(Some(&query), BROWSER).unwrap().collect(body.as_bytes()));
        i128::from(made.bytes) - i128::from(made.freed_bytes)
    };
    let mut held = 0_i128;
    while held == 0 || collector.snapshot().violations().len() < 1024 {
        held += round();
    }
    assert!(held < 1 << 20, "{held} bytes");
    let mut grown = 0_i128;
    for _ in 0..hostile / per_body {
        grown += round();
        assert!(grown.abs() < 64 << 10, "{grown} bytes");
    }
    let snapshot = collector.snapshot();
    let top: Vec<_> = snapshot.violations().iter().take(10).map(|s| s.violation().page()).collect();
    let truth: Vec<_> = truth.iter().map(|(_, page)| page.as_str()).collect();
    assert_eq!(top, truth, "of {} reports", snapshot.counted());
    assert!(snapshot.violations()[9].at_least() > 100 * snapshot.violations()[10].at_least());
    assert_eq!(snapshot.violations().len(), 1024);
}

#[test]
fn noise_is_counted_apart_and_does_not_reach_the_table() {
    let page = "https://a.example/";
    let table = [
        (page, "chrome-extension://abc/x.js", Some(Noise::Extension)),
        (page, "chrome-extension", Some(Noise::Extension)),
        (page, "moz-extension://abc", Some(Noise::Extension)),
        (page, "safari-web-extension://abc", Some(Noise::Extension)),
        (page, "user-script:2", Some(Noise::Extension)),
        (page, "webviewprogressproxy:///", Some(Noise::InAppBrowser)),
        (page, "gsa://onpageload", Some(Noise::InAppBrowser)),
        (page, "https://translate.googleapis.com/x.js", Some(Noise::Translation)),
        (page, "https://gc.kis.v2.scr.kaspersky-labs.com/x/main.js", Some(Noise::Interceptor)),
        ("https://a-example.translate.goog/", "inline", Some(Noise::Translation)),
        ("file:///home/x/saved.html", "inline", Some(Noise::LocalPage)),
        ("about", "inline", Some(Noise::LocalPage)),
        ("data", "inline", Some(Noise::LocalPage)),
        (page, "https://evil-translate.goog.example/", None),
        (page, "https://nottranslate.goog/x", None),
        (page, "inline", None),
        ("http://a.example/", "eval", None),
    ];
    let clock = ManualClock::starting_at(DAY);
    for (page, blocked, expected) in table {
        let collector = collector(&clock);
        collect(&collector, &query(&collector, "p"), &new(page, blocked));
        let snapshot = collector.snapshot();
        let class = snapshot.noise().iter().find(|(_, count)| *count == 1).map(|(noise, _)| *noise);
        assert_eq!(class, expected, "{page} {blocked}");
        assert_eq!(snapshot.violations().len(), usize::from(expected.is_none()));
    }
    let agents = [
        ("Mozilla/5.0 (Linux; Android 15; wv) AppleWebKit/537.36 Chrome/140.0", true),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 [FBAN/FBIOS;FBAV/1.0]", true),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 Instagram 300.0", true),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0", false),
        ("", false),
    ];
    for (agent, in_app) in agents {
        assert_eq!(Noise::of_user_agent(agent.as_bytes()).is_some(), in_app, "{agent}");
    }
}

/// The fields of one security event.
#[derive(Clone, Default)]
struct Ear {
    told: Arc<Mutex<Vec<String>>>,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl<S: tracing::Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == SecurityEvent::TARGET {
            let mut line = Line(String::new());
            event.record(&mut line);
            self.told.lock().unwrap().push(line.0);
        }
    }
}

#[test]
fn a_new_violation_is_one_event_in_words_of_ours_and_a_flood_is_32_in_an_hour() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let query = query(&collector, "p");
    let ear = Ear::default();
    let subscriber = tracing_subscriber::registry().with(ear.clone());
    let told = || std::mem::take(&mut *ear.told.lock().unwrap());
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..3 {
            collect(
                &collector,
                &query,
                &old("https://a.example/canary", "https://canary.example/"),
            );
        }
        let [line] = &told()[..] else { panic!("one event") };
        assert!(
            line.contains("event=\"browser_policy_violation\" what=\"script-src-elem\""),
            "{line}"
        );
        assert!(!line.contains("canary"), "{line}");
        for n in 0..1000 {
            collect(&collector, &query, &old(&format!("https://a.example/{n}"), "inline"));
        }
        assert_eq!(told().len(), 31);
        clock.advance(Duration::from_hours(1));
        collect(&collector, &query, &old("https://a.example/later", "inline"));
        assert_eq!(told().len(), 1);
    });
}

async fn send(service: &Reports, request: Request<Full<Bytes>>) -> Response<()> {
    service.clone().oneshot(request).await.unwrap().map(drop)
}

fn post(query: &str, content_type: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post(format!("/reports?{query}"))
        .header("content-type", content_type)
        .body(Full::new(body.into()))
        .unwrap()
}

#[tokio::test]
async fn the_answer_is_204_whatever_comes() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let service = collector.service();
    let query = query(&collector, "p");
    let report = new("https://a.example/", "inline").to_string();
    let good = "application/reports+json";
    let requests = [
        (post(&query, good, report.clone()), None),
        (post(&query, "Application/CSP-Report; charset=utf-8", report.clone()), None),
        (post(&query, "text/plain", report.clone()), Some(Refused::Malformed)),
        (
            post(&query, "application/x-www-form-urlencoded", report.clone()),
            Some(Refused::Malformed),
        ),
        (post("p=p", good, report.clone()), Some(Refused::Untagged)),
        (post(&query, good, "{"), Some(Refused::Malformed)),
        (post(&query, good, vec![b' '; (64 << 10) + 1]), Some(Refused::Oversized)),
        (post(&query, good, "[".repeat(99)), Some(Refused::Oversized)),
        (post(&query, good, &b"\xff\xfe"[..]), Some(Refused::Malformed)),
    ];
    for (number, (request, reason)) in requests.into_iter().enumerate() {
        let before = reason.map(|reason| refused(&collector, reason));
        let answer = send(&service, request).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{number}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let after = reason.map(|reason| refused(&collector, reason));
        assert_eq!(after, before.map(|before| before + 1), "{number}");
    }
    assert_eq!(collector.snapshot().counted(), 2);
    for method in ["GET", "HEAD", "PUT", "DELETE", "TRACE"] {
        let request = Request::builder().method(method).uri("/reports").body(Full::default());
        assert_eq!(send(&service, request.unwrap()).await.status(), StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_report() {
    let clock = ManualClock::starting_at(DAY);
    let preflight = Request::options("/reports").body(Full::default()).unwrap();
    let answer = send(&collector(&clock).service(), preflight).await;
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(answer.headers()["access-control-allow-headers"], "content-type");
    assert_eq!(answer.headers()["access-control-allow-methods"], "POST");
    assert!(!answer.headers().contains_key("access-control-allow-credentials"));
}

#[tokio::test]
async fn a_body_in_pieces_is_one_and_one_without_end_is_given_up() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let query = query(&collector, "p");
    let report = new("https://a.example/", "inline").to_string().into_bytes();
    let whole = report.chunks(7).map(<[u8]>::to_vec).collect();
    let endless = vec![vec![b' '; 1 << 10]; 1 << 10];
    let empty = vec![Vec::new(); 200_000];
    for pieces in [whole, endless, empty] {
        let request = Request::post(format!("/reports?{query}"))
            .header("content-type", "application/reports+json")
            .body(Pieces(pieces.into_iter()))
            .unwrap();
        let answer = collector.service().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(collector.snapshot().counted(), 1);
    assert_eq!(refused(&collector, Refused::Oversized), 2);
}

/// A body that comes in pieces.
struct Pieces(std::vec::IntoIter<Vec<u8>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(Bytes::from(piece)))))
    }
}

#[test]
fn only_64_bodies_are_read_at_once() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let query = query(&collector, "p");
    let mut tickets: Vec<_> =
        (0..64).map(|_| collector.admit(Some(&query), BROWSER).unwrap()).collect();
    assert_eq!(collector.admit(Some(&query), BROWSER).unwrap_err(), Refused::Busy);
    drop(tickets.pop());
    assert!(collector.admit(Some(&query), BROWSER).is_ok());
}

#[test]
fn nothing_shows_the_key() {
    let clock = ManualClock::starting_at(DAY);
    let collector = collector(&clock);
    let endpoint = collector.endpoint("p", "/reports").unwrap();
    let shown = format!("{collector:?} {endpoint:?} {:?}", collector.service());
    assert!(!shown.contains('7'), "{shown}");
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&body);
    }

    #[test]
    fn what_is_kept_is_short_and_visible(
        page in "https?://\\PC{0,400}",
        blocked in "\\PC{0,400}",
        source in "(https://)?\\PC{0,400}",
    ) {
        let body = json!([{"type": "csp-violation", "url": page, "body": {
            "effectiveDirective": "img-src", "blockedURL": blocked, "sourceFile": source}}]).to_string();
        let batch = parse(body.as_bytes()).unwrap();
        let violation = Violation::read("p", &batch.reports()[0]).unwrap();
        for text in [violation.page(), violation.blocked(), violation.source().unwrap_or_default()] {
            prop_assert!(text.len() <= 256 && text.bytes().all(|b| b.is_ascii_graphic()), "{text}");
        }
    }
}
