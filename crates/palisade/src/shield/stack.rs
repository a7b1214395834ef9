//! The layers, one in the other.

use std::any::Any;
use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use http_body_util::Full;
use palisade_edge::EdgeLayer;
use palisade_ratelimit::RateLimitLayer;
use tower::ServiceExt;
use tower::util::{BoxCloneSyncService, Either, MapResponse};
use tower_http::catch_panic::CatchPanicLayer;
use tower_layer::Layer;
use tower_service::Service;

use super::body::BoxError;
use super::inner::{Inner, internal};
use super::{Body, Shield};

/// A whole stack; bodies and errors are the same everywhere in it.
pub(super) type Stack = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// The service of a part, or what is inside of it where the part is left out.
type Part<T, S, B> = Either<MapResponse<T, fn(Response<B>) -> Response<Body>>, S>;

fn part<L, S, B>(layer: Option<&L>, inner: S) -> Part<L::Service, S, B>
where
    L: Layer<S>,
    L::Service: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    Body: From<B>,
{
    let settle: fn(Response<B>) -> Response<Body> = |response| response.map(Body::from);
    match layer {
        Some(layer) => Either::Left(layer.layer(inner).map_response(settle)),
        None => Either::Right(inner),
    }
}

/// Puts the parts around a service, the innermost first.
pub(super) fn stack<S, B>(shield: &Shield, inner: S) -> Stack
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let limits = shield.limits.clone().map(RateLimitLayer::new);
    // What is refused inside of the log, the figures and the headers has all three.
    let (edge, gate) = shield.edge.clone().map(EdgeLayer::with_gate).unzip();
    // Each part that may be left out doubles the type: after three or four it is boxed.
    let inner = Inner::new(inner);
    let inner = part(shield.cors.as_ref(), inner);
    let inner = part(shield.deadline.as_ref(), inner);
    let inner = part(shield.body_limit.as_ref(), inner);
    let inner: Stack = BoxCloneSyncService::new(inner);
    let inner = part(shield.audit.as_ref(), inner);
    let inner = part(shield.cross_origin.as_ref(), inner);
    let inner = part(limits.as_ref(), inner);
    let inner: Stack = BoxCloneSyncService::new(inner);
    let inner = part(shield.cookies.as_ref(), inner);
    let inner = part(shield.https.as_ref(), inner);
    let inner = part(shield.hosts.as_ref(), inner);
    let inner = part(gate.as_ref(), inner);
    let inner: Stack = BoxCloneSyncService::new(inner);
    let answer: fn(Panic) -> Response<Full<Bytes>> = panicked;
    let panics = CatchPanicLayer::custom(answer);
    let inner = part(shield.panics.then_some(&panics), inner);
    let inner = part(shield.headers.as_ref(), inner);
    let inner = part(shield.etag.as_ref(), inner);
    let inner: Stack = BoxCloneSyncService::new(inner);
    #[cfg(feature = "metrics")]
    let inner = part(shield.metrics.as_ref(), inner);
    let inner = part(shield.request_log.as_ref(), inner);
    let inner = part(edge.as_ref(), inner);
    BoxCloneSyncService::new(inner)
}

type Panic = Box<dyn Any + Send>;

/// What a panic says may hold what people sent: the hook of the process writes it to the log.
fn panicked(_panic: Panic) -> Response<Full<Bytes>> {
    tracing::error!("a handler panicked");
    internal()
}
