//! A small site, and the server of an attacker.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Extension, Query, Request, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, Response};
use axum::routing::{any, get, post};
use http::HeaderMap;
use palisade_core::SystemClock;
use palisade_edge::{EdgeLayer, Forwarding, TrustedProxies};
use palisade_headers::SecurityHeaders;
use palisade_headers::cookies::{CookiesLayer, Policy as Cookies};
use palisade_headers::csp::Nonce;
use palisade_headers::csrf::{CrossOriginLayer, Policy as CrossSite};
use palisade_headers::reports::Collector;
use palisade_testkit::proxy::{Announce, Nginx, ReverseProxy};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// The layer that a test takes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Without {
    Cookies,
    CrossOrigin,
    Headers,
    Nothing,
}

/// What happened to the calls that attackers aim at.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) handled: AtomicBool,
    pub(crate) answered: Notify,
    /// How many reports came.
    pub(crate) reports: AtomicUsize,
    /// The media type of the last.
    pub(crate) form: Mutex<String>,
    pub(crate) reported: Notify,
}

/// Serves on a free port of loopback and returns the port.
pub(crate) async fn serve(router: Router) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    port
}

/// A collector whose endpoint is `/reports` of the site.
pub(crate) fn collector() -> Collector {
    Collector::new(&[7; 32], Arc::new(SystemClock::new())).unwrap()
}

/// The site, with one layer taken out.
pub(crate) async fn site(without: Without) -> (u16, Arc<Calls>) {
    site_with(without, SecurityHeaders::strict()).await
}

/// The site with other headers.
pub(crate) async fn site_with(without: Without, headers: SecurityHeaders) -> (u16, Arc<Calls>) {
    site_behind(without, headers, TrustedProxies::none(), &collector()).await
}

/// The site behind proxies.
pub(crate) async fn site_behind(
    without: Without,
    headers: SecurityHeaders,
    proxies: TrustedProxies,
    collector: &Collector,
) -> (u16, Arc<Calls>) {
    let calls = Arc::new(Calls::default());
    let mut router = Router::new()
        .route("/", get(page))
        .route(
            "/notes.txt",
            get(|| async { ([(CONTENT_TYPE, "text/plain")], "window.sniffed = 1") }),
        )
        .route(
            "/icon.svg",
            get(|| async {
                ([(CONTENT_TYPE, "image/svg+xml")], "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
            }),
        )
        .route("/login", get(|| async { ([(SET_COOKIE, "sid=secret")], Html("in")) }))
        .route("/cookies", get(cookies))
        .route(
            "/raw",
            get(|Query(query): Query<HashMap<String, String>>| async move {
                ([(SET_COOKIE, query["cookie"].clone())], "set")
            }),
        )
        .route("/transfer", post(handled))
        .route("/live", any(handled))
        .with_state(Arc::clone(&calls));
    if without != Without::CrossOrigin {
        router = router.layer(CrossOriginLayer::new(CrossSite::new()));
    }
    router = router.route_service("/reports", collector.service());
    if without != Without::Cookies {
        router = router.layer(CookiesLayer::new(Cookies::new()));
    }
    if without != Without::Headers {
        router = router.layer(headers.finish().unwrap());
    }
    let router = router
        .layer(EdgeLayer::new(proxies))
        .layer(from_fn_with_state(Arc::clone(&calls), announce));
    (serve(router).await, calls)
}

/// Whom the site believes when it stands behind [`tls`].
pub(crate) fn loopback() -> TrustedProxies {
    TrustedProxies::in_ranges(["127.0.0.0/8"], Forwarding::XForwardedFor).unwrap()
}

/// A proxy that ends TLS in front of the site.
pub(crate) fn tls(port: u16) -> Nginx {
    let proxy = ReverseProxy::to(([127, 0, 0, 1], port).into())
        .over_tls()
        .add_announcement(Announce::XForwardedForReplaced)
        .add_announcement(Announce::XForwardedProtoAndHost);
    Nginx::start(&proxy).unwrap()
}

/// A page that writes what it is given, as a template without escaping would.
async fn page(
    nonce: Option<Extension<Nonce>>,
    Query(query): Query<HashMap<String, String>>,
) -> Html<String> {
    let nonce = nonce.map(|Extension(nonce)| nonce.to_string()).unwrap_or_default();
    let given = query.get("q").map_or("", String::as_str);
    Html(format!(
        "<!doctype html><title>site</title><link rel=icon href=/icon.svg><body>{given}\
         <script nonce=\"{nonce}\">document.body.dataset.own = 'ran'; parent.postMessage('framed', '*')</script>"
    ))
}

/// Tells which cookies came, as somebody who listens on the network would read them.
async fn cookies(headers: HeaderMap) -> String {
    headers.get("cookie").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

async fn handled(State(calls): State<Arc<Calls>>) -> &'static str {
    calls.handled.store(true, Ordering::SeqCst);
    "done"
}

/// Tells the test that a call has its answer.
async fn announce(State(calls): State<Arc<Calls>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (watched, report) = (matches!(path, "/transfer" | "/live"), path == "/reports");
    let form = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap().to_owned());
    let form = form.unwrap_or_default();
    let response = next.run(request).await;
    if watched {
        calls.answered.notify_one();
    }
    if report {
        *calls.form.lock().unwrap() = form;
        calls.reports.fetch_add(1, Ordering::SeqCst);
        calls.reported.notify_one();
    }
    response
}

/// The attacker's server: one page with this body.
pub(crate) async fn attacker(body: String) -> u16 {
    let page =
        format!("<!doctype html><title>attacker</title><link rel=icon href=data:,><body>{body}");
    serve(Router::new().route("/", get(move || async move { Html(page) }))).await
}
