//! Layer and service.

use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use palisade_core::{PreparedProblem, Problem, SecurityEvent};
use tower_layer::Layer;
use tower_service::Service;

use super::{Leak, ResponseBody, ResponseFuture, Secrets};

/// Layer that fails an answer which carries a secret.
///
/// Place it inside of what compresses bodies and outside of everything that writes them. For a secret
/// in the headers or in the part of the body that is there at once (up to
/// [`AT_ONCE`](Self::AT_ONCE)) the client gets 500 with a problem body; further on, the body ends with
/// an error before the secret is complete, so that the connection is broken off. Each is a `tracing`
/// event with the target [`SecurityEvent::TARGET`] and the name of the secret.
///
/// # Cost
///
/// The [cost](Secrets#cost) of reading the values of all headers and the body. Nothing is copied: of a
/// body the frames are held back that are there before the head leaves, later only the bytes that may
/// be the beginning of a secret.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct LeakGuardLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) secrets: Secrets,
    problem: PreparedProblem,
}

impl LeakGuardLayer {
    /// How many bytes of a body are looked through before the head of the answer leaves, as far as
    /// they are there without waiting.
    pub const AT_ONCE: usize = 64 * 1024;

    /// Looks for these secrets.
    pub fn new(secrets: Secrets) -> Self {
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "response_withheld")
            .detail("the answer held what must not leave the server; it was stopped")
            .prepare();
        Self { shared: Arc::new(Shared { secrets, problem }) }
    }
}

impl Shared {
    /// The answer in place of the one that was stopped.
    pub(super) fn withheld<B>(&self, leak: Leak) -> Response<ResponseBody<B>> {
        report(leak);
        self.problem.response::<Bytes>().map(ResponseBody::withheld)
    }
}

#[cold]
pub(super) fn report(leak: Leak) {
    tracing::error!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::SensitiveRead.as_str(),
        secret = leak.label(),
        "an answer that holds a secret was stopped"
    );
}

impl<S> Layer<S> for LeakGuardLayer {
    type Service = LeakGuard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LeakGuard { inner, shared: Arc::clone(&self.shared) }
    }
}

/// Middleware that stops answers with secrets; see [`LeakGuardLayer`].
#[derive(Clone, Debug)]
pub struct LeakGuard<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for LeakGuard<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body<Data = Bytes> + Unpin,
    ResBody::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture { inner: self.inner.call(request), shared: Arc::clone(&self.shared) }
    }
}
