//! What only the inside of a router knows.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use http::request::Parts;
use tower_layer::Layer;
use tower_service::Service;

use super::Observed;

type User = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// Layer that notes the matched route (feature `axum`) and the user in [`Observed`].
///
/// Place it inside of the router, `Router::layer`, where routes are matched, and inside of the
/// session. Without [`RequestLogLayer`](super::RequestLogLayer) around it, it does nothing.
///
/// # Cost
///
/// Two look-ups among the extensions; an allocation where there is a user.
#[derive(Clone, Default)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct NoteLayer {
    user: Option<Arc<User>>,
}

impl NoteLayer {
    /// Notes the route.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes also who asks: an id, not a name or an address.
    pub fn user(self, user: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { user: Some(Arc::new(user)) }
    }
}

impl fmt::Debug for NoteLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteLayer").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for NoteLayer {
    type Service = Note<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Note { inner, layer: self.clone() }
    }
}

/// Middleware that notes what the inside knows; see [`NoteLayer`].
#[derive(Clone)]
pub struct Note<S> {
    inner: S,
    layer: NoteLayer,
}

impl<S: fmt::Debug> fmt::Debug for Note<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, ReqBody> Service<Request<ReqBody>> for Note<S>
where
    S: Service<Request<ReqBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        if let Some(observed) = parts.extensions.get::<Observed>() {
            #[cfg(feature = "axum")]
            if let Some(path) = parts.extensions.get::<axum::extract::MatchedPath>() {
                observed.set_matched(path);
            }
            if let Some(user) = self.layer.user.as_ref().and_then(|user| user(&parts)) {
                observed.set_user(&user);
            }
        }
        self.inner.call(Request::from_parts(parts, body))
    }
}
