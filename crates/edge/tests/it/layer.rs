//! What the layer puts into requests and what it refuses.

use std::convert::Infallible;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use palisade_edge::{
    ClientIp, ClientIpErrorKind, Edge, EdgeLayer, EdgeRefusal, ExemptPaths, ExternalUrl,
    Forwarding, OnUnidentified, Peer, TrustedProxies,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::request::{XFF, header, headers, peer, proxy, request, trusted};

const HOST: (&str, &str) = ("host", "example.com");

/// What the handler saw.
#[derive(Clone, Debug)]
struct Seen {
    client: Option<String>,
    url: Option<String>,
    headers: HeaderMap,
}

async fn through(layer: &EdgeLayer, request: Request<()>) -> Result<Seen, Response<Full<Bytes>>> {
    let app = layer.layer(service_fn(|request: Request<()>| async move {
        let mut response = Response::new(Full::new(Bytes::new()));
        response.extensions_mut().insert(Seen {
            client: request.extensions().get::<ClientIp>().map(ToString::to_string),
            url: request.extensions().get::<ExternalUrl>().map(ToString::to_string),
            headers: request.headers().clone(),
        });
        Ok::<_, Infallible>(response)
    }));
    let response = app.oneshot(request).await.unwrap();
    match response.extensions().get::<Seen>() {
        Some(seen) => Ok(seen.clone()),
        None => Err(response),
    }
}

fn from(peer: Peer, path: &str, lines: &[(&str, &str)]) -> Request<()> {
    let mut request = request(path, lines);
    request.extensions_mut().insert(peer);
    request
}

#[tokio::test]
async fn both_facts_are_in_the_request() {
    let layer = EdgeLayer::new(trusted(Forwarding::XForwardedFor));
    let lines = [HOST, (XFF, "6.6.6.6, 203.0.113.9"), ("x-forwarded-proto", "https")];
    let seen = through(&layer, from(proxy(), "/", &lines)).await.unwrap();
    assert_eq!(seen.client.as_deref(), Some("203.0.113.9"));
    assert_eq!(seen.url.as_deref(), Some("https://example.com"));
    assert_eq!(seen.headers, headers(&lines));
}

#[tokio::test]
async fn what_names_nobody_is_refused_with_400_and_never_guessed() {
    let layer = EdgeLayer::new(trusted(Forwarding::XForwardedFor));
    let lines = [HOST, (XFF, "203.0.113.9, <canary>")];
    let response = through(&layer, from(proxy(), "/", &lines)).await.unwrap_err();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.contains("unidentified_client") && !body.contains("canary"), "{body}");

    for lines in [&[HOST, HOST][..], &[("host", "a_b")], &[]] {
        let response = through(&layer, from(proxy(), "/", lines)).await.unwrap_err();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_server_that_does_not_know_its_peers_serves_nothing() {
    let layer = EdgeLayer::new(TrustedProxies::none());
    let response = through(&layer, request("/", &[HOST])).await.unwrap_err();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn stripped_requests_go_on_without_anything_to_guess_from() {
    let layer = EdgeLayer::new(trusted(header("x-real-ip"))).on_unidentified(OnUnidentified::Strip);
    let lines = [
        HOST,
        ("x-real-ip", "6.6.6.6"),
        ("x-real-ip", "6.6.6.7"),
        (XFF, "6.6.6.6"),
        ("forwarded", "for=6.6.6.6"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-scheme", "https"),
        ("x-forwarded-server", "evil.test"),
        ("x-forwarded-server", "evil.test"),
        ("accept", "*/*"),
    ];
    let mut request = from(proxy(), "/", &lines);
    let none = EdgeLayer::new(TrustedProxies::none());
    let direct = through(&none, from(peer("6.6.6.6"), "/", &[HOST])).await.unwrap();
    assert_eq!(direct.client.as_deref(), Some("6.6.6.6"));
    let earlier =
        palisade_edge::client_ip(&peer("6.6.6.6"), &headers(&[]), &TrustedProxies::none());
    request.extensions_mut().insert(earlier.unwrap()); // as an outer layer might have left it
    let seen = through(&layer, request).await.unwrap();
    assert_eq!((seen.client, seen.url), (None, None));
    assert_eq!(seen.headers, headers(&[HOST, ("accept", "*/*")]));
}

#[tokio::test]
async fn health_checks_pass_without_a_client() {
    let layer = EdgeLayer::new(trusted(header("x-real-ip")));
    let seen = through(&layer, from(proxy(), "/health/live", &[])).await.unwrap();
    assert_eq!((seen.client, seen.url), (None, None));
    let response = through(&layer, from(proxy(), "/", &[HOST])).await.unwrap_err();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let none = layer.exempt(ExemptPaths::none());
    assert!(through(&none, from(proxy(), "/health/live", &[HOST])).await.is_err());
}

#[tokio::test]
async fn the_answer_can_be_the_applications_own() {
    let page = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new("page")) });
    let layer = EdgeLayer::new(trusted(Forwarding::XForwardedFor)).with_rejection(
        |refusal: &EdgeRefusal| match refusal {
            EdgeRefusal::Client(error) => {
                assert_eq!(error.kind(), ClientIpErrorKind::Unknown);
                Response::builder().status(418).body("who?").unwrap()
            }
            other => panic!("{other}"),
        },
    );
    let request = from(proxy(), "/", &[HOST, (XFF, "unknown")]);
    let response = layer.layer(page).oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), *response.body()), (418, "who?"));
}

#[test]
fn readiness_is_the_inner_services() {
    #[derive(Clone)]
    struct Never;
    impl Service<Request<()>> for Never {
        type Response = Response<Bytes>;
        type Error = Infallible;
        type Future = std::future::Pending<Result<Self::Response, Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Pending
        }
        fn call(&mut self, _: Request<()>) -> Self::Future {
            std::future::pending()
        }
    }
    let mut edge: Edge<Never> = EdgeLayer::new(TrustedProxies::none()).layer(Never);
    assert!(edge.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// What stands between the layer and its gate: it counts who passes, and whether anybody is told.
#[tokio::test]
async fn what_stands_before_the_gate_sees_refusals_and_what_is_inside_does_not() {
    let own = |refusal: &EdgeRefusal| {
        let client = matches!(refusal, EdgeRefusal::Client(_));
        let status = if client { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
        Response::builder().status(status).body(Full::new(Bytes::new())).unwrap()
    };
    let layer = EdgeLayer::new(trusted(header("x-real-ip"))).with_rejection(own);
    let (layer, gate) = layer.with_gate();
    let inside = gate.layer(service_fn(|request: Request<()>| async move {
        let client = request.extensions().get::<ClientIp>().map(ToString::to_string);
        let body = Full::new(Bytes::from(client.unwrap_or_default()));
        Ok::<_, Infallible>(Response::new(body))
    }));
    let app = layer.layer(service_fn(move |request: Request<()>| {
        let (inside, extensions) = (inside.clone(), request.extensions());
        let told = extensions.get::<ClientIp>().is_some();
        assert_eq!(told, extensions.get::<ExternalUrl>().is_some());
        let guess = request.headers().contains_key("x-real-ip");
        assert!(told || !guess);
        async move {
            let mut response = inside.oneshot(request).await?;
            response.headers_mut().insert("told", told.to_string().parse().unwrap());
            Ok::<_, Infallible>(response)
        }
    }));
    let real = ("x-real-ip", "203.0.113.9");
    let table = [
        ("/", &[HOST, real][..], 200, "true"),
        ("/", &[HOST, real, real], 403, "false"),
        ("/", &[real], 400, "false"),
        ("/health/live", &[real, real], 200, "false"),
    ];
    for (path, lines, status, told) in table {
        let response = app.clone().oneshot(from(proxy(), path, lines)).await.unwrap();
        let seen = (response.status().as_u16(), response.headers()["told"].to_str().unwrap());
        assert_eq!(seen, (status, told), "{path} {lines:?}");
    }
}

#[test]
fn a_layer_tells_which_proxies_it_believes() {
    let ranges = ["10.0.0.0/8", "fd00::1"];
    let proxies = TrustedProxies::in_ranges(ranges, Forwarding::XForwardedFor).unwrap();
    let layer = EdgeLayer::new(proxies);
    assert_eq!(layer.proxies().ranges().collect::<Vec<_>>(), ranges);
    assert_eq!(TrustedProxies::none().ranges().count(), 0);
}
