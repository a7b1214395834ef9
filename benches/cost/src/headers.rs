//! Hot paths of `palisade-headers`: what a request costs over the bare service.

use std::hint::black_box;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use palisade_edge::{Peer, TrustedProxies, external_url};
use palisade_headers::csp::Nonce;
use palisade_headers::csrf::{Denied, Policy, check};
use palisade_headers::{PermissionsPolicy, SecurityHeaders, SecurityHeadersLayer};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_headers_fixed", || answered(thirteen(), ic_headers_fixed)),
    ("ic_headers_nonce", || answered(SecurityHeaders::strict(), ic_headers_nonce)),
    ("ic_headers_csrf_fetch_site", || {
        checked("sec-fetch-site", "same-origin", ic_headers_csrf_fetch_site);
    }),
    ("ic_headers_csrf_origin", || {
        checked("origin", "https://shop.example.com", ic_headers_csrf_origin);
    }),
];

/// Thirteen headers without a nonce.
fn thirteen() -> SecurityHeaders {
    SecurityHeaders::compat().permissions(PermissionsPolicy::deny_powerful())
}

/// A form post as it stands behind the edge.
fn request() -> Request<()> {
    let mut request = Request::post("/orders").body(()).expect("a request");
    for (name, value) in [
        ("host", "shop.example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/144.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", "sid=0123456789abcdef"),
    ] {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let peer = Peer::new(([203, 0, 113, 9], 40000).into()).over_tls();
    let url = external_url(&peer, (&request).into(), &TrustedProxies::none()).expect("a url");
    request.extensions_mut().insert(url);
    request
}

fn answer() -> Response<()> {
    let mut answer = Response::new(());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1024"));
    answer
}

type Answered = fn(&SecurityHeadersLayer, &mut Request<()>, &mut Response<()>);
type Checked = fn(&Parts, &Policy) -> Result<(), Denied>;

fn answered(set: SecurityHeaders, measured: Answered) {
    let layer = set.finish().expect("a set without findings");
    // One in 32 nonces asks the operating system: the eighth does not.
    for _ in 0..8 {
        nonced(black_box(&layer), black_box(&mut request()), black_box(&mut answer()));
    }
    let (mut request, mut answer) = (request(), answer());
    measured(&layer, &mut request, &mut answer);
    black_box((request, answer));
}

fn checked(name: &'static str, value: &'static str, measured: Checked) {
    let mut request = request();
    request.headers_mut().insert(name, HeaderValue::from_static(value));
    let (parts, ()) = request.into_parts();
    assert!(parts.headers.contains_key(ORIGIN) || name != "origin");
    let policy = Policy::new().add_trusted_origin("https://admin.example.com").expect("an origin");
    for _ in 0..8 {
        black_box(check(black_box(&parts), black_box(&policy))).expect("an own request");
    }
    black_box(measured(&parts, &policy)).expect("an own request");
}

/// A whole exchange, with the nonce drawn where the set has one.
fn nonced(layer: &SecurityHeadersLayer, request: &mut Request<()>, answer: &mut Response<()>) {
    let exchange = layer.open(request.extensions_mut());
    if let Some(nonce) = request.extensions().get::<Nonce>() {
        black_box(nonce.value()).expect("a nonce");
    }
    exchange.close(answer);
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_headers_fixed(
    layer: &SecurityHeadersLayer,
    request: &mut Request<()>,
    answer: &mut Response<()>,
) {
    layer.open(request.extensions_mut()).close(answer);
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_headers_nonce(
    layer: &SecurityHeadersLayer,
    request: &mut Request<()>,
    answer: &mut Response<()>,
) {
    nonced(layer, request, answer);
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_headers_csrf_fetch_site(parts: &Parts, policy: &Policy) -> Result<(), Denied> {
    check(parts, policy)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_headers_csrf_origin(parts: &Parts, policy: &Policy) -> Result<(), Denied> {
    check(black_box(parts), black_box(policy))
}
