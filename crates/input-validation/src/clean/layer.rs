//! The layer, its service and its future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderName, Request, Response};
use palisade_core::{Problem, Text};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Cause;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Layer that replaces the body of every answer of 500 and above by a problem that says nothing of
/// what went wrong, and logs what did.
///
/// The status stays, and `Retry-After` and `x-request-id` of the answer do; the id is in the body as
/// well (`request_id`), if it is of at most 64 letters, digits, `-`, `_`, `.` and `:`. A [`Cause`]
/// among the extensions of the answer goes to the log at level error. All other answers, and errors
/// of the service, pass as they are.
///
/// # Cost
///
/// Nothing for other answers.
///
/// # Example
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::Request;
/// use palisade_input_validation::{Cause, CleanErrorsLayer};
/// use tower::ServiceExt;
///
/// async fn broken() -> Result<String, Cause> {
///     Ok(std::fs::read_to_string("/etc/secret/db-password")?)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/", get(broken)).layer(CleanErrorsLayer::new());
/// let response = app.oneshot(Request::get("/").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 500);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// # Ok(())
/// # }
/// ```
#[must_use = "a layer does nothing until it is applied to a service"]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CleanErrorsLayer;

impl CleanErrorsLayer {
    /// Returns the layer.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for CleanErrorsLayer {
    type Service = CleanErrors<S>;

    fn layer(&self, inner: S) -> CleanErrors<S> {
        CleanErrors { inner }
    }
}

/// Middleware that replaces the body of answers of 500 and above; see [`CleanErrorsLayer`].
#[derive(Clone, Debug)]
pub struct CleanErrors<S> {
    inner: S,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for CleanErrors<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: From<Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture { inner: self.inner.call(request) }
    }
}

pin_project! {
    /// Response future of [`CleanErrors`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, ResBody, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    ResBody: From<Bytes>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().inner.poll(context))?;
        let failed = response.status().is_server_error();
        Poll::Ready(Ok(if failed { clean(&response) } else { response }))
    }
}

/// Makes the answer that takes the place of one with a body of the program's insides.
#[cold]
fn clean<A, B: From<Bytes>>(failed: &Response<A>) -> Response<B> {
    let id = failed.headers().get(&REQUEST_ID);
    let shown = id.and_then(|id| id.to_str().ok()).filter(|id| is_id(id));
    if let Some(cause) = failed.extensions().get::<Cause>() {
        tracing::error!(
            status = failed.status().as_u16(),
            request_id = shown.unwrap_or_default(),
            cause = %cause,
            "a request failed"
        );
    }
    let mut problem = Problem::new(failed.status(), "internal_error");
    if let Some(id) = shown {
        problem = problem.request_id(Text::from_program(id.to_owned()));
    }
    let mut response = problem.prepare().response();
    for name in [&REQUEST_ID, &RETRY_AFTER] {
        if let Some(value) = failed.headers().get(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn is_id(id: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(known)
}
