//! Layer and service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use palisade_core::{Problem, SecurityEvent};
use tower_layer::Layer;
use tower_service::Service;

use super::{Exits, ResponseFuture};

type IsPending = dyn Fn(&Parts) -> bool + Send + Sync;
type Rejection = dyn Fn(&Parts) -> Response<Bytes> + Send + Sync;

/// Layer that refuses everything but the exits to a session that has to set a password first.
///
/// Place it inside what reads the session, around the whole router: a router nested in another sees
/// only a part of the path. The service is not called for a refused request; the answer is 403 with
/// a problem body, which [`with_rejection`](Self::with_rejection) replaces. Each refusal is a
/// `tracing` event with the target [`SecurityEvent::TARGET`].
///
/// # Security
///
/// Against a temporary password as a way in: whoever has it can set a password and nothing else.
///
/// # Cost
///
/// The closure; for a pending session one comparison for each exit. No allocation, no clock and no
/// boxed future on the way through.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct MustChangeLayer {
    shared: Arc<Shared>,
}

struct Shared {
    exits: Exits,
    is_pending: Arc<IsPending>,
    rejection: Arc<Rejection>,
}

impl MustChangeLayer {
    /// Leaves these exits to the requests of which `is_pending` says that a password must be set.
    pub fn new(exits: Exits, is_pending: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        let problem = problem().prepare();
        let rejection = Arc::new(move |_: &Parts| problem.response());
        Self { shared: Arc::new(Shared { exits, is_pending: Arc::new(is_pending), rejection }) }
    }

    /// Answers refused requests in the application's own way, such as by a redirect of pages to the
    /// form.
    pub fn with_rejection(
        self,
        rejection: impl Fn(&Parts) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        let exits = self.shared.exits.clone();
        let is_pending = Arc::clone(&self.shared.is_pending);
        let rejection = Arc::new(rejection);
        Self { shared: Arc::new(Shared { exits, is_pending, rejection }) }
    }
}

impl fmt::Debug for MustChangeLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MustChangeLayer").field("exits", &self.shared.exits).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for MustChangeLayer {
    type Service = MustChange<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MustChange { inner, shared: Arc::clone(&self.shared) }
    }
}

/// Middleware that confines pending sessions; see [`MustChangeLayer`].
#[derive(Clone)]
pub struct MustChange<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: fmt::Debug> fmt::Debug for MustChange<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MustChange").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Shared {
    fn refuses(&self, parts: &Parts) -> bool {
        (self.is_pending)(parts) && !self.exits.allow(&parts.method, parts.uri.path())
    }

    #[cold]
    fn refuse(&self, parts: &Parts) -> Response<Bytes> {
        tracing::warn!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::AuthorizationFail.as_str(),
            reason = "password_change_required",
            "a session that has to set a password asked for more"
        );
        (self.rejection)(parts)
    }
}

pub(crate) fn problem() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "password_change_required")
        .detail("set a password of your own first; nothing else is open until then")
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for MustChange<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: From<Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        if self.shared.refuses(&parts) {
            return ResponseFuture::refused(self.shared.refuse(&parts));
        }
        ResponseFuture::passed(self.inner.call(Request::from_parts(parts, body)))
    }
}
