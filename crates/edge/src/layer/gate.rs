//! The layer that answers what another one has found to come from nobody.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{Desk, EdgeRefusal};
use crate::refusal::{AsProblem, Rejection, ResponseFuture};

/// Layer that refuses what its [`EdgeLayer`](crate::EdgeLayer) could not tell; made by
/// [`EdgeLayer::with_gate`](crate::EdgeLayer::with_gate).
///
/// The two stand around what has to see refusals too: a log of requests, figures, the headers of
/// answers.
///
/// # Example
///
/// ```
/// use http::{Request, Response};
/// use palisade_edge::{EdgeLayer, Peer, TrustedProxies};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (edge, gate) = EdgeLayer::new(TrustedProxies::none()).with_gate();
/// let app = ServiceBuilder::new()
///     .layer(edge)
///     .map_response(|mut response: Response<Vec<u8>>| {
///         response.headers_mut().insert("x-frame-options", "DENY".parse().unwrap());
///         response
///     })
///     .layer(gate)
///     .service(service_fn(|_: Request<()>| async {
///         Ok::<_, std::convert::Infallible>(Response::new(Vec::new()))
///     }));
/// let mut request = Request::get("/").body(())?; // for no host
/// request.extensions_mut().insert(Peer::new("192.0.2.7:55000".parse()?));
/// let response = app.oneshot(request).await?;
/// assert_eq!((response.status().as_u16(), response.headers()["x-frame-options"].to_str()?), (400, "DENY"));
/// # Ok(())
/// # }
/// ```
///
/// # Cost
///
/// One look into the extensions; nothing is allocated.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct EdgeGateLayer<R = AsProblem> {
    desk: Arc<Desk<R>>,
}

impl<R> EdgeGateLayer<R> {
    pub(super) const fn new(desk: Arc<Desk<R>>) -> Self {
        Self { desk }
    }
}

impl<R> fmt::Debug for EdgeGateLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeGateLayer").finish_non_exhaustive()
    }
}

impl<S, R> Layer<S> for EdgeGateLayer<R> {
    type Service = EdgeGate<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        EdgeGate { inner, desk: Arc::clone(&self.desk) }
    }
}

/// Service of [`EdgeGateLayer`]; a clone is one reference.
pub struct EdgeGate<S, R = AsProblem> {
    inner: S,
    desk: Arc<Desk<R>>,
}

impl<S: Clone, R> Clone for EdgeGate<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), desk: Arc::clone(&self.desk) }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for EdgeGate<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeGate").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for EdgeGate<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: Rejection<EdgeRefusal, ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        match request.extensions().get::<EdgeRefusal>() {
            Some(refusal) => ResponseFuture::answered(self.desk.rejection.answer(refusal)),
            None => ResponseFuture::passed(self.inner.call(request)),
        }
    }
}
