//! From cleartext to TLS.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use palisade_edge::https::{HttpsDecision, HttpsPolicy, HttpsRedirectLayer, HttpsRefusal};
use palisade_edge::{AllowedHosts, EdgeLayer, ExemptPaths, TrustedProxies, external_url};
use tower::{Layer, ServiceExt, service_fn};

use crate::request::{peer, request};

fn policy() -> HttpsPolicy {
    HttpsPolicy::new(AllowedHosts::new(["example.com", "[::1]"]).unwrap())
}

fn decide(policy: &HttpsPolicy, request: &Request<()>, tls: bool) -> HttpsDecision {
    let peer = if tls { peer("203.0.113.9").over_tls() } else { peer("203.0.113.9") };
    let url = external_url(&peer, request.into(), &TrustedProxies::none()).ok();
    policy.decide(request.method(), request.into(), url.as_ref())
}

fn clear(method: Method, path: &str, lines: &[(&str, &str)]) -> HttpsDecision {
    let mut request = request(path, &[&[("host", "example.com:80")][..], lines].concat());
    *request.method_mut() = method;
    decide(&policy(), &request, false)
}

fn to(url: &str) -> HttpsDecision {
    HttpsDecision::Redirect(url.parse().unwrap())
}

#[test]
fn a_page_in_clear_is_led_to_the_same_page_over_https() {
    let table = [
        ("/", "https://example.com/"),
        ("/a/b?c=d&e=%20", "https://example.com/a/b?c=d&e=%20"),
        ("//evil.test/x", "https://example.com//evil.test/x"),
        ("/\\evil.test", "https://example.com/\\evil.test"),
    ];
    for (path, location) in table {
        let Ok(uri) = path.parse::<http::Uri>() else { continue };
        assert_eq!(clear(Method::GET, &uri.to_string(), &[]), to(location), "{path}");
    }
    assert_eq!(clear(Method::HEAD, "/", &[]), to("https://example.com/"));
    assert_eq!(clear(Method::OPTIONS, "*", &[]), to("https://example.com/"));
    let absolute = "http://example.com?c=d"; // as sent to a proxy, without a path
    assert_eq!(clear(Method::GET, absolute, &[]), to("https://example.com/?c=d"));
}

#[test]
fn the_port_of_https_is_configured_and_not_taken_from_the_request() {
    let policy = policy().port(8443.try_into().unwrap());
    let request = request("/x", &[("host", "[::1]:8080")]);
    assert_eq!(decide(&policy, &request, false), to("https://[::1]:8443/x"));
}

#[test]
fn nobody_is_led_to_a_host_that_is_not_ours() {
    let request = request("/", &[("host", "evil.test")]);
    assert_eq!(
        decide(&policy(), &request, false),
        HttpsDecision::Refuse(HttpsRefusal::UnknownHost)
    );
}

#[test]
fn what_would_change_something_is_refused_instead_of_led_on() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::CONNECT] {
        let expected = HttpsDecision::Refuse(HttpsRefusal::UnsafeMethod);
        assert_eq!(clear(method.clone(), "/", &[]), expected, "{method}");
    }
}

#[test]
fn a_secret_in_clear_is_refused_so_that_somebody_notices() {
    let refused = HttpsDecision::Refuse(HttpsRefusal::SecretInClear);
    let cookie = ("cookie", "session=1");
    let page = ("accept", "text/html,application/xhtml+xml;q=0.9");
    assert_eq!(clear(Method::GET, "/", &[("authorization", "Bearer x")]), refused);
    assert_eq!(clear(Method::GET, "/", &[("proxy-authorization", "Basic x"), page]), refused);
    assert_eq!(clear(Method::GET, "/", &[cookie]), refused);
    assert_eq!(clear(Method::GET, "/", &[cookie, ("accept", "application/json")]), refused);
    assert_eq!(clear(Method::GET, "/", &[cookie, page]), to("https://example.com/"));
}

#[test]
fn certificate_proofs_and_health_checks_answer_in_clear() {
    let token = "/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
    for path in [token, "/health", "/health/live", "/health/ready"] {
        assert_eq!(clear(Method::GET, path, &[]), HttpsDecision::Pass, "{path}");
    }
    for path in [
        "/.well-known/acme-challenge/",
        "/.well-known/acme-challenge/../../admin",
        "/.well-known/acme-challenge/%2e%2e/admin",
        "/.well-known/acme-challenge//x",
        "/.well-known/acme-challenge/x/",
        "/.well-known/acme-challenge/x;y",
        "/.well-known/acme-challenge/x%2f..%2fadmin",
        "/.well-known/acme-challenge/./x",
        "/.well-known//acme-challenge/x",
        "/.WELL-KNOWN/acme-challenge/x",
        "//health",
        "/./health",
        "/health;x",
        "/health%2f",
        "/%68ealth",
        "/health%00",
        "/health/",
        "/health/x",
        "/healthy",
    ] {
        assert_ne!(clear(Method::GET, path, &[]), HttpsDecision::Pass, "{path}");
    }
    assert_ne!(clear(Method::POST, "/health", &[]), HttpsDecision::Pass);
    let request = request("/health", &[("host", "example.com")]);
    let none = policy().exempt(ExemptPaths::none());
    assert_eq!(decide(&none, &request, false), to("https://example.com/health"));
}

#[test]
fn https_passes_whatever_it_is() {
    let mut request = request("/", &[("host", "evil.test"), ("authorization", "Bearer x")]);
    *request.method_mut() = Method::POST;
    assert_eq!(decide(&policy(), &request, true), HttpsDecision::Pass);
}

async fn answer(request: Request<()>, edge: bool) -> Response<Full<Bytes>> {
    let page = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("page"))))
    });
    let app = HttpsRedirectLayer::new(policy()).layer(page);
    if edge {
        EdgeLayer::new(TrustedProxies::none()).layer(app).oneshot(request).await.unwrap()
    } else {
        app.oneshot(request).await.unwrap()
    }
}

#[tokio::test]
async fn the_layer_answers_308_and_403() {
    let mut get = request("/x?y", &[("host", "example.com")]);
    get.extensions_mut().insert(peer("203.0.113.9"));
    let mut post = get.clone();
    *post.method_mut() = Method::POST;
    let response = answer(get, true).await;
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(response.headers()["location"], "https://example.com/x?y");
    let response = answer(post.clone(), true).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(!response.headers().contains_key("location"));
    post.extensions_mut().insert(peer("203.0.113.9").over_tls());
    assert_eq!(answer(post, true).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_the_url_nothing_passes() {
    let response = answer(request("/", &[("host", "example.com")]), false).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
