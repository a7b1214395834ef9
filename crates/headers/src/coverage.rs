//! A test of a whole application: does every response carry the headers?

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Path;
use axum::routing::{any, get};
use http::header::{CONTENT_SECURITY_POLICY, UPGRADE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use palisade_edge::Peer;
use tower::ServiceExt as _;

/// How long a handler that never answers is waited for.
const PATIENCE: Duration = Duration::from_mins(10);

/// The statuses that handlers answer with.
const STATUSES: [u16; 9] = [200, 204, 206, 301, 304, 404, 413, 422, 500];

/// A response that lacks a header of the set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer {status} to {probe} lacks {missing}")]
pub struct Uncovered {
    probe: String,
    status: StatusCode,
    missing: HeaderName,
}

/// Drives an application's layers through every kind of response and returns the first that lacks
/// a header.
///
/// `stack` puts the application's layers around the routes that it is given, as it does around its
/// own. Asked are each status of handlers, 405, the fallback, nested routers, `HEAD`, `OPTIONS`, an
/// upgrade, a streamed body, a panic and a handler that never ends. Each answer must have
/// `X-Content-Type-Options`, `Content-Security-Policy` (but 304, which must not bring a nonce) and
/// every other header of the set that the plain page has. Where a panic or a wait passes all layers
/// the connection ends without an answer, which is no finding.
///
/// Requests come over TLS for `localhost`. Run it with tokio's paused clock (`start_paused`), or a
/// stack without a timeout takes ten minutes.
///
/// # Errors
///
/// [`Uncovered`] names the request, the status and the header.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use palisade_edge::{EdgeLayer, TrustedProxies};
/// use palisade_headers::{SecurityHeaders, assert_covered};
///
/// let headers = SecurityHeaders::strict().finish()?;
/// let edge = EdgeLayer::new(TrustedProxies::none());
/// assert_covered(|routes| routes.layer(headers).layer(edge)).await?;
/// # Ok(())
/// # }
/// ```
pub async fn assert_covered(stack: impl FnOnce(Router) -> Router) -> Result<(), Uncovered> {
    let app = stack(routes());
    let page = answer(&app, Method::GET, "/status/200", false).await;
    let expected = expected(page.as_ref());
    for (method, path, upgrade) in probes() {
        if let Some(response) = answer(&app, method.clone(), &path, upgrade).await {
            let not_modified = response.status() == StatusCode::NOT_MODIFIED;
            let lacks = |name: &&HeaderName| {
                !(response.headers().contains_key(*name)
                    || not_modified && **name == CONTENT_SECURITY_POLICY)
            };
            if let Some(missing) = expected.iter().find(lacks) {
                let (probe, missing) = (format!("{method} {path}"), missing.clone());
                return Err(Uncovered { probe, status: response.status(), missing });
            }
        }
    }
    Ok(())
}

fn routes() -> Router {
    let status = |Path(code): Path<u16>| async move {
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    };
    Router::new()
        .route("/status/{code}", any(status))
        .route("/get", get(|| async { "got" }))
        .route("/stream", get(|| async { Response::new(Body::new(Frames(2))) }))
        .route("/upgrade", get(|| async { StatusCode::SWITCHING_PROTOCOLS }))
        .route("/never", get(std::future::pending::<StatusCode>))
        .route("/panic", get(panics))
        .nest("/nested", Router::new().route("/get", get(|| async { "got" })))
}

#[expect(clippy::panic, reason = "this is what the application must survive")]
async fn panics() -> StatusCode {
    panic!("a probe of the test kit panics, as it should")
}

fn probes() -> Vec<(Method, String, bool)> {
    let mut probes: Vec<_> =
        STATUSES.iter().map(|code| (Method::GET, format!("/status/{code}"), false)).collect();
    let more = [
        (Method::HEAD, "/get", false),
        (Method::OPTIONS, "/get", false),
        (Method::POST, "/get", false),
        (Method::GET, "/stream", false),
        (Method::GET, "/upgrade", true),
        (Method::GET, "/panic", false),
        (Method::GET, "/never", false),
        (Method::GET, "/no-such-route", false),
        (Method::GET, "/nested/get", false),
        (Method::GET, "/nested/no-such-route", false),
    ];
    probes.extend(more.map(|(method, path, upgrade)| (method, path.to_owned(), upgrade)));
    probes
}

/// Returns the answer, or nothing where the connection would end without one.
async fn answer(app: &Router, method: Method, path: &str, upgrade: bool) -> Option<Response<Body>> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_default();
    let headers: &mut HeaderMap = request.headers_mut();
    headers.insert("host", http::HeaderValue::from_static("localhost"));
    if upgrade {
        headers.insert(UPGRADE, http::HeaderValue::from_static("websocket"));
    }
    request.extensions_mut().insert(Peer::new(([127, 0, 0, 1], 50123).into()).over_tls());
    let mut call = pin!(app.clone().oneshot(request));
    let caught = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))) {
        Ok(poll) => poll.map(|Ok::<_, Infallible>(response)| Some(response)),
        Err(_) => Poll::Ready(None),
    });
    tokio::time::timeout(PATIENCE, caught).await.ok().flatten()
}

/// The headers that belong to the set, if the plain page has them.
const SET: [&str; 9] = [
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "integrity-policy",
    "origin-agent-cluster",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-frame-options",
];

fn expected(page: Option<&Response<Body>>) -> Vec<HeaderName> {
    let always = [X_CONTENT_TYPE_OPTIONS, CONTENT_SECURITY_POLICY];
    let set = SET.map(HeaderName::from_static).into_iter();
    let carried = |name: &HeaderName| page.is_some_and(|page| page.headers().contains_key(name));
    always.into_iter().chain(set.filter(carried)).collect()
}

/// A body that comes in pieces.
struct Frames(u8);

impl HttpBody for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        self.0 = match self.0.checked_sub(1) {
            Some(left) => left,
            None => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"piece")))))
    }
}
