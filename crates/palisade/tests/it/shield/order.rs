//! Each row of the table of orders: two layers the other way round lose what the shield keeps.

use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use palisade::audit::layer::{Level, Policy};
use palisade::audit::{AuditLayer, AuditLog, LogKey};
use palisade::cache::etag::EtagLayer;
use palisade::edge::hosts::{AllowedHosts, AllowedHostsLayer};
use palisade::edge::{EdgeLayer, Forwarding, TrustedProxies};
use palisade::headers::csrf::{self, CrossOriginLayer};
use palisade::headers::{SecurityHeaders, SecurityHeadersLayer};
use palisade::ratelimit::key::Key;
use palisade::ratelimit::{Limits, Quota, RateLimitLayer, Rule};
use palisade::resilience::deadline::HttpDeadlineLayer;
use palisade::shield::{Body, Shield};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

use super::{HOST, app, ask, request};

fn edge() -> EdgeLayer {
    EdgeLayer::new(TrustedProxies::none())
}

fn headers() -> SecurityHeadersLayer {
    SecurityHeaders::strict().finish().unwrap()
}

fn hosts() -> AllowedHostsLayer {
    AllowedHostsLayer::new(AllowedHosts::new([HOST]).unwrap())
}

fn limits(by: Key) -> Limits {
    let rule = Rule::new("client", Quota::per_minute(3).strict()).by(by);
    Limits::builder().rule(rule).finish().unwrap()
}

fn shield() -> Shield {
    Shield::web([HOST]).unwrap().limits(limits(Key::client_ip()))
}

/// How many of ten requests pass.
async fn passed<S, B>(service: &S, ask_for: impl Fn() -> http::Request<Body>) -> usize
where
    S: Service<http::Request<Body>, Response = http::Response<B>, Error = std::convert::Infallible>
        + Clone,
{
    let mut passed = 0;
    for _ in 0..10 {
        let status = ask(service, ask_for()).await.status();
        passed += usize::from(status != StatusCode::TOO_MANY_REQUESTS);
    }
    passed
}

#[tokio::test]
async fn limits_outside_of_the_edge_count_the_proxy() {
    let proxies = || TrustedProxies::in_ranges(["192.0.2.7"], Forwarding::XForwardedFor).unwrap();
    let client = |address: &str| {
        let mut request = request("GET", "/");
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        request
    };
    let limits_of = RateLimitLayer::new(limits(Key::client_ip()));
    let wrong =
        ServiceBuilder::new().layer(limits_of).layer(EdgeLayer::new(proxies())).service(app());
    assert_eq!(passed(&wrong, || client("203.0.113.1")).await, 3);
    // One client has used up what all of them have.
    assert_eq!(passed(&wrong, || client("203.0.113.2")).await, 0);
    let right = shield().proxies(proxies()).layer(app());
    assert_eq!(passed(&right, || client("203.0.113.1")).await, 3);
    assert_eq!(passed(&right, || client("203.0.113.2")).await, 3);
}

#[tokio::test]
async fn a_refusal_of_the_edge_outside_of_the_headers_is_bare() {
    let nobody = || {
        let mut request = request("GET", "/");
        request.headers_mut().append("host", HOST.parse().unwrap());
        request
    };
    let wrong = ServiceBuilder::new().layer(edge()).layer(headers()).service(app());
    let response = ask(&wrong, nobody()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(!response.headers().contains_key("content-security-policy"));
    let response = ask(&shield().layer(app()), nobody()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.headers().contains_key("content-security-policy"));
    assert!(response.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn headers_inside_of_panics_miss_their_answer() {
    let wrong = ServiceBuilder::new()
        .layer(edge())
        .map_response(|response: http::Response<_>| response.map(Body::new))
        .layer(CatchPanicLayer::new())
        .layer(headers())
        .service(app());
    let response = ask(&wrong, request("GET", "/panics")).await;
    assert!(!response.headers().contains_key("content-security-policy"));
    let response = ask(&shield().layer(app()), request("GET", "/panics")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.headers().contains_key("content-security-policy"));
}

#[tokio::test(start_paused = true)]
async fn headers_inside_of_the_deadline_miss_its_answer() {
    let deadline = HttpDeadlineLayer::new(Duration::from_secs(20));
    let wrong = ServiceBuilder::new().layer(edge()).layer(deadline).layer(headers()).service(app());
    let response = ask(&wrong, request("GET", "/hangs")).await;
    assert!(!response.headers().contains_key("content-security-policy"));
    let response = ask(&shield().layer(app()), request("GET", "/hangs")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("content-security-policy"));
}

fn misdirected() -> http::Request<Body> {
    let mut request = request("GET", "/");
    request.headers_mut().insert("host", "evil.example".parse().unwrap());
    request
}

#[tokio::test]
async fn headers_inside_of_the_hosts_miss_refusals() {
    let wrong = ServiceBuilder::new().layer(edge()).layer(hosts()).layer(headers()).service(app());
    let response = ask(&wrong, misdirected()).await;
    assert!(!response.headers().contains_key("content-security-policy"));
    let response = ask(&shield().layer(app()), misdirected()).await;
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(response.headers().contains_key("content-security-policy"));
}

#[tokio::test]
async fn a_tag_inside_of_the_headers_keeps_a_nonce() {
    let tags = EtagLayer::new();
    let wrong = ServiceBuilder::new().layer(edge()).layer(headers()).layer(tags).service(app());
    let response = ask(&wrong, request("GET", "/page")).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("'nonce-"), "{policy}");
    // The browser keeps the page with its old nonce, under a policy with a new one.
    let again = || {
        let mut again = request("GET", "/page");
        again.headers_mut().insert("if-none-match", response.headers()["etag"].clone());
        again
    };
    assert_eq!(ask(&wrong, again()).await.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(ask(&shield().layer(app()), again()).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn limits_outside_of_the_hosts_are_used_up_by_wrong_names() {
    let limits_of = RateLimitLayer::new(limits(Key::client_ip()));
    let wrong = ServiceBuilder::new().layer(edge()).layer(limits_of).layer(hosts()).service(app());
    let right = shield().layer(app());
    for _ in 0..10 {
        ask(&wrong, misdirected()).await;
        ask(&right, misdirected()).await;
    }
    assert_eq!(ask(&wrong, request("GET", "/")).await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&right, request("GET", "/")).await.status(), StatusCode::OK);
}

fn audit(folder: &Path) -> (AuditLog, AuditLayer) {
    let key = LogKey::from_seed("exams.example.org/audit", &[7; 32]).unwrap();
    let log = AuditLog::builder(folder, key).open().unwrap();
    let policy = Policy::new().rule(&[], "*", Level::Metadata);
    (log.clone(), AuditLayer::new(log, policy))
}

/// How many requests the trail holds.
fn recorded(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let segments = files.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    let texts = segments.map(|path| std::fs::read_to_string(path).unwrap());
    texts.map(|text| text.matches("http.request").count()).sum()
}

#[tokio::test]
async fn an_audit_outside_of_the_limits_is_flooded() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_log, layer) = audit(one.path());
    let limits_of = RateLimitLayer::new(limits(Key::client_ip()));
    let wrong = ServiceBuilder::new().layer(edge()).layer(layer).layer(limits_of).service(app());
    passed(&wrong, || request("POST", "/")).await;
    assert_eq!(recorded(one.path()), 10);
    let (_log, layer) = audit(other.path());
    passed(&shield().audit(layer).layer(app()), || request("POST", "/")).await;
    assert_eq!(recorded(other.path()), 3);
}

#[tokio::test]
async fn an_audit_outside_of_cross_origin_records_strangers() {
    let forged = || {
        let mut request = request("POST", "/");
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
        request
    };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_log, layer) = audit(one.path());
    let check = CrossOriginLayer::new(csrf::Policy::new());
    let wrong = ServiceBuilder::new().layer(edge()).layer(layer).layer(check).service(app());
    assert_eq!(ask(&wrong, forged()).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(recorded(one.path()), 1);
    let (_log, layer) = audit(other.path());
    let right = shield().audit(layer).layer(app());
    assert_eq!(ask(&right, forged()).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(recorded(other.path()), 0);
}

#[tokio::test]
async fn cors_outside_of_the_limits_answers_a_flood() {
    let preflight = || {
        let mut request = request("OPTIONS", "/");
        let headers = request.headers_mut();
        headers.insert("origin", "https://partner.example".parse().unwrap());
        headers.insert("access-control-request-method", "PUT".parse().unwrap());
        request
    };
    let cors = || CorsLayer::new().allow_origin(["https://partner.example".parse().unwrap()]);
    let limits_of = RateLimitLayer::new(limits(Key::client_ip()));
    let inner = edge().layer(limits_of.layer(app()));
    let inner = inner.map_response(|response: http::Response<_>| response.map(Body::new));
    let wrong = cors().layer(inner);
    assert_eq!(passed(&wrong, preflight).await, 10);
    let right = shield().cors(cors()).layer(app());
    assert_eq!(passed(&right, preflight).await, 3);
}
