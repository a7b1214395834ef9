//! Who writes headers.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use harness::{Contestant, Effort, Shape};
use http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use http_security_headers::Preset;
use palisade_edge::{Peer, TrustedProxies, external_url};
use palisade_headers::csp::{Nonce, NonceSource as _, SystemNonces};
use palisade_headers::{PermissionsPolicy, SecurityHeaders};
use tower::{Layer, Service, service_fn};
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "13 fixed headers", contestants: fixed, effort: Effort::NANOS },
    Shape { name: "a policy with a nonce", contestants: nonced, effort: Effort::NANOS },
];

/// The body of every answer.
pub(crate) type Body = Full<Bytes>;

/// A request as it stands behind the edge.
pub(crate) fn request(method: &str, more: &[(&'static str, &'static str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri("/orders").body(()).expect("a request");
    let browser = [
        ("host", "shop.example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/144.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", "sid=0123456789abcdef"),
    ];
    for (name, value) in browser.iter().chain(more) {
        request.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    let peer = Peer::new(([203, 0, 113, 9], 40000).into()).over_tls();
    let url = external_url(&peer, (&request).into(), &TrustedProxies::none()).expect("a url");
    request.extensions_mut().insert(url);
    request
}

fn answer() -> Response<Body> {
    let mut answer = Response::new(Body::default());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1024"));
    answer
}

type Answered = Ready<Result<Response<Body>, Infallible>>;

/// A handler that draws the nonce of whoever offers one.
fn handler(request: &Request<()>) -> Answered {
    if let Some(nonce) = request.extensions().get::<Nonce>() {
        black_box(nonce.value()).expect("a nonce");
    }
    if let Some(nonce) = request.extensions().get::<http_security_headers::Nonce>() {
        black_box(nonce);
    }
    ready(Ok(answer()))
}

pub(crate) fn inner()
-> impl Service<Request<()>, Response = Response<Body>, Error = Infallible, Future = Answered> + Clone
{
    service_fn(|request: Request<()>| handler(&request))
}

/// One request through a service.
pub(crate) fn contestant<S, B>(
    name: &'static str,
    mut service: S,
    request: Request<()>,
) -> Contestant
where
    S: Service<Request<()>, Response = Response<B>> + 'static,
    B: 'static,
{
    Contestant::new(name, move || {
        let mut future = pin!(service.call(black_box(request.clone())));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(answer)) => drop(black_box(answer)),
            _ => unreachable!("it answers at once"),
        }
    })
}

/// What is sent, for those who write it themselves.
fn lines() -> Vec<(HeaderName, HeaderValue)> {
    let layer = thirteen().finish().expect("a set without findings");
    let mut request = request("GET", &[]);
    let mut answer = Response::new(());
    layer.open(request.extensions_mut()).close(&mut answer);
    assert_eq!(answer.headers().len(), 13);
    let fixed = |value: &HeaderValue| {
        let text: &'static str = value.to_str().expect("ASCII").to_owned().leak();
        HeaderValue::from_static(text)
    };
    answer.headers().iter().map(|(name, value)| (name.clone(), fixed(value))).collect()
}

fn thirteen() -> SecurityHeaders {
    SecurityHeaders::compat().permissions(PermissionsPolicy::deny_powerful())
}

fn fixed() -> Vec<Contestant> {
    let request = || request("GET", &[]);
    let ours = thirteen().finish().expect("a set without findings").layer(inner());
    let helmet = axum_helmet::Helmet::default().into_layer().expect("valid headers");
    let lines = lines();
    let floor = lines.clone();
    let by_hand = service_fn(move |_: Request<()>| {
        let mut answer = answer();
        answer.headers_mut().reserve(floor.len());
        for (name, value) in &floor {
            answer.headers_mut().insert(name, value.clone());
        }
        ready(Ok::<_, Infallible>(answer))
    });
    vec![
        contestant("palisade-headers", ours, request()),
        contestant(
            "http-security-headers 0.5 Strict (9)",
            http_security_headers::SecurityHeadersLayer::new(Preset::Strict.build()).layer(inner()),
            request(),
        ),
        contestant("axum-helmet 1.0 default (12)", helmet.layer(inner()), request()),
        contestant(
            "tower-helmet 0.3 defaults (14)",
            tower_helmet::HelmetLayer::with_defaults().layer(inner()),
            request(),
        ),
        contestant("tower-http 0.7 SetResponseHeader x 13", stacked(&lines), request()),
        contestant("floor: the handler writes 13", by_hand, request()),
        contestant("no headers", inner(), request()),
    ]
}

/// Thirteen layers, one a header.
fn stacked(
    lines: &[(HeaderName, HeaderValue)],
) -> impl Service<Request<()>, Response = Response<Body>, Error = Infallible> + use<> {
    let layer =
        |at: usize| SetResponseHeaderLayer::overriding(lines[at].0.clone(), lines[at].1.clone());
    tower::ServiceBuilder::new()
        .layer((layer(0), layer(1), layer(2), layer(3), layer(4), layer(5), layer(6)))
        .layer((layer(7), layer(8), layer(9), layer(10), layer(11), layer(12)))
        .service(inner())
}

fn nonced() -> Vec<Contestant> {
    let request = || request("GET", &[]);
    let ours = SecurityHeaders::strict().finish().expect("a set without findings").layer(inner());
    let by_hand = service_fn(move |_: Request<()>| {
        let mut bytes = [0; 18];
        SystemNonces::default().fill(&mut bytes).expect("randomness");
        let csp = format!("script-src 'nonce-{:036x}' 'strict-dynamic'", number(bytes));
        let mut answer = answer();
        let csp = HeaderValue::try_from(csp).expect("ASCII");
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, csp);
        ready(Ok::<_, Infallible>(answer))
    });
    vec![
        contestant("palisade-headers strict (9)", ours, request()),
        contestant(
            "http-security-headers 0.5 BalancedNonce",
            http_security_headers::SecurityHeadersLayer::new(Preset::BalancedNonce.build())
                .layer(inner()),
            request(),
        ),
        contestant("floor: one short policy by format!", by_hand, request()),
        contestant("no headers", inner(), request()),
    ]
}

fn number(bytes: [u8; 18]) -> u128 {
    let (first, _) = bytes.split_first_chunk::<16>().expect("18 bytes");
    u128::from_be_bytes(*first)
}
