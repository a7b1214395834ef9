//! The layer that refuses what is over its limits.

mod body;
mod future;
mod service;

use std::fmt;
use std::sync::Arc;

use palisade_edge::refusal::AsProblem;
use tower_layer::Layer;

use crate::limits::Limits;

pub use crate::limits::SoftLimited;
pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use service::RateLimit;

/// Layer that applies [`Limits`].
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use palisade_ratelimit::key::Key;
/// use palisade_ratelimit::layer::RateLimitLayer;
/// use palisade_ratelimit::limits::Limits;
/// use palisade_ratelimit::rule::Rule;
/// use palisade_ratelimit::Quota;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limits = Limits::builder()
///     .rule(Rule::new("login", Quota::per_minute(1)).on("POST /login").by(Key::everyone()))
///     .finish()?;
/// let app = RateLimitLayer::new(limits).layer(service_fn(|_: Request<()>| async {
///     Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
/// }));
/// let login = || Request::post("/login").body(());
/// let first = app.clone().oneshot(login()?).await?;
/// assert_eq!(first.headers()["ratelimit"], "\"login\";r=0;t=60");
/// let second = app.oneshot(login()?).await?;
/// assert_eq!(second.status(), 429);
/// assert_eq!(second.headers()["retry-after"], "60");
/// # Ok(())
/// # }
/// ```
///
/// # Cost
///
/// A clone is one reference. With a store in memory nothing is boxed and an admitted request without
/// header fields allocates nothing; each header line allocates its value, and the first one the map.
/// A refusal allocates its answer's map, `Retry-After` and lines. A store that waits is boxed once.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct RateLimitLayer<R = AsProblem> {
    desk: Arc<Desk<R>>,
}

/// Everything that the services of one layer share.
pub(crate) struct Desk<R> {
    pub(crate) limits: Limits,
    pub(crate) rejection: R,
}

impl RateLimitLayer {
    /// Applies the limits; refusals are problems.
    pub fn new(limits: Limits) -> Self {
        Self { desk: Arc::new(Desk { limits, rejection: AsProblem::default() }) }
    }
}

impl<R> RateLimitLayer<R> {
    /// Answers refused requests with `rejection`, a `Fn(&RateLimited) -> Response<B>`. What it sets
    /// stays; of `Retry-After`, `Cache-Control` and the fields of the limits the missing ones are added.
    pub fn with_rejection<Q>(self, rejection: Q) -> RateLimitLayer<Q> {
        let limits = self.desk.limits.clone();
        RateLimitLayer { desk: Arc::new(Desk { limits, rejection }) }
    }
}

impl<S, R> Layer<S> for RateLimitLayer<R> {
    type Service = RateLimit<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimit::new(inner, Arc::clone(&self.desk))
    }
}

impl<R> fmt::Debug for RateLimitLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer").field("limits", &self.desk.limits).finish_non_exhaustive()
    }
}
