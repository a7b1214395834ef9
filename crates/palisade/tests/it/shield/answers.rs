//! Every answer that a shield gives, by whichever part, has the headers, a line and a figure.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request};
use metrics_exporter_prometheus::PrometheusBuilder;
use palisade::audit::layer::{Level, Policy};
use palisade::audit::{AuditLayer, AuditLog, LogKey};
use palisade::core::SystemClock;
use palisade::edge::hosts::AllowedHosts;
use palisade::edge::https::{HttpsPolicy, HttpsRedirectLayer};
use palisade::edge::{Forwarding, Peer, TrustedProxies};
use palisade::observe::metric::MetricsLayer;
use palisade::ratelimit::key::Key;
use palisade::ratelimit::{Limits, Quota, Rule};
use palisade::shield::{Body, Shield};
use tower::Layer as _;
use tower_http::cors::CorsLayer;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::{HOST, app, ask, request};

/// The statuses in the lines of the request log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u16>>>);

struct Status(Option<u16>);

impl Visit for Status {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.0 = Some(value.try_into().unwrap());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut status = Status(None);
        if event.metadata().target() == "palisade_observe::request" {
            event.record(&mut status);
        }
        self.0.lock().unwrap().extend(status.0);
    }
}

/// What is seen of one answer.
struct Seen {
    status: u16,
    headers: HeaderMap,
    lines: Vec<u16>,
    figures: String,
}

fn see(shield: &Shield, asked: Vec<Request<Body>>) -> Seen {
    let (lines, recorder) = (Lines::default(), PrometheusBuilder::new().build_recorder());
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    let last = tracing::subscriber::with_default(subscriber, || {
        metrics::with_local_recorder(&recorder, || {
            let service = shield.layer(app());
            runtime.block_on(async {
                let mut last = None;
                for request in asked {
                    let (head, body) = ask(&service, request).await.into_parts();
                    // The line is written when the body has ended.
                    let _ = http_body_util::BodyExt::collect(body).await.unwrap();
                    last = Some(head);
                }
                last.unwrap()
            })
        })
    });
    let lines = lines.0.lock().unwrap().clone();
    let figures = recorder.handle().render();
    Seen { status: last.status.as_u16(), headers: last.headers, lines, figures }
}

fn with(method: &str, path: &str, lines: &[(&'static str, &str)]) -> Request<Body> {
    let mut request = request(method, path);
    for (name, value) in lines {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

fn in_clear(method: &str) -> Request<Body> {
    let mut request = request(method, "/");
    request.extensions_mut().insert(Peer::new(([192, 0, 2, 7], 50123).into()));
    request
}

fn from_nowhere() -> Request<Body> {
    let mut request = request("GET", "/");
    request.extensions_mut().remove::<Peer>();
    request
}

/// A log that takes nothing any more.
fn closed(folder: &std::path::Path) -> AuditLayer {
    let key = LogKey::from_seed("exams.example.org/audit", &[7; 32]).unwrap();
    let log = AuditLog::builder(folder, key).open().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.close()).unwrap();
    AuditLayer::new(log, Policy::new().rule(&[], "*", Level::Metadata))
}

#[test]
fn every_answer_has_the_headers_a_line_and_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let proxies = ["192.0.2.7"];
    let behind = TrustedProxies::in_ranges(proxies, Forwarding::XForwardedFor).unwrap();
    let hosts = || AllowedHosts::new([HOST]).unwrap();
    let limit = Rule::new("client", Quota::per_minute(1).strict()).by(Key::client_ip());
    let limits = Limits::builder().rule(limit).finish().unwrap();
    let partner = ("origin", "https://partner.example");
    let cors = CorsLayer::new().allow_origin(["https://partner.example".parse().unwrap()]);
    let preflight = [partner, ("access-control-request-method", "PUT")];
    let table: Vec<(&str, u16, Vec<Request<Body>>)> = vec![
        ("an answer", 200, vec![request("GET", "/")]),
        ("a preflight", 200, vec![with("OPTIONS", "/", &preflight)]),
        ("clear text", 308, vec![in_clear("GET")]),
        ("two hosts", 400, vec![with("GET", "/", &[("host", HOST)])]),
        ("a hop that is none", 400, vec![with("GET", "/", &[("x-forwarded-for", "you")])]),
        ("clear text that leaks", 403, vec![in_clear("POST")]),
        ("another site", 403, vec![with("POST", "/", &[("sec-fetch-site", "cross-site")])]),
        ("a large body", 413, vec![with("GET", "/", &[("content-length", "2000000000")])]),
        ("a strange host", 421, {
            let mut request = request("GET", "/");
            request.headers_mut().insert("host", "evil.example".parse().unwrap());
            vec![request]
        }),
        ("too many", 429, vec![request("GET", "/"), request("GET", "/")]),
        ("a panic", 500, vec![request("GET", "/panics")]),
        ("no peer", 500, vec![from_nowhere()]),
        ("a slow handler", 503, vec![request("GET", "/hangs")]),
        ("a log that is closed", 503, vec![request("POST", "/")]),
    ];
    let presets = [Shield::web([HOST]).unwrap(), Shield::api([HOST]).unwrap()];
    for preset in presets {
        for (name, status, asked) in &table {
            let asked: Vec<Request<Body>> = asked.iter().map(copy).collect();
            // Figures are those of the recorder that a layer meets first.
            let figures = MetricsLayer::new(Arc::new(SystemClock::new()));
            let mut shield = preset
                .clone()
                .metrics(figures)
                .https(HttpsRedirectLayer::new(HttpsPolicy::new(hosts())))
                .cors(cors.clone());
            match *name {
                "a hop that is none" => shield = shield.proxies(behind.clone()),
                "a log that is closed" => shield = shield.audit(closed(folder.path())),
                "too many" => shield = shield.limits(limits.clone()),
                _ => {}
            }
            let seen = see(&shield, asked);
            assert_eq!(seen.status, *status, "{name}");
            for header in ["content-security-policy", "x-content-type-options", "x-request-id"] {
                assert!(seen.headers.contains_key(header), "{name}: {header}");
            }
            assert_eq!(seen.lines.last(), Some(status), "{name}: {:?}", seen.lines);
            let figure = format!("http_response_status_code=\"{status}\"");
            assert!(seen.figures.contains(&figure), "{name}: {}", seen.figures);
        }
    }
}

/// A request that is asked again.
fn copy(request: &Request<Body>) -> Request<Body> {
    let mut copy = Request::builder().method(request.method()).uri(request.uri());
    *copy.headers_mut().unwrap() = request.headers().clone();
    *copy.extensions_mut().unwrap() = request.extensions().clone();
    copy.body(Body::default()).unwrap()
}

#[test]
fn what_a_client_has_already_is_not_sent_again_and_has_a_line() {
    let again = with("GET", "/tagged", &[("if-none-match", "\"1\"")]);
    let seen = see(&Shield::web([HOST]).unwrap(), vec![again]);
    assert_eq!((seen.status, &*seen.lines), (304, &[304][..]));
    assert!(seen.headers.contains_key("x-content-type-options"));
}
