//! The layer.

use std::fmt;
use std::sync::Arc;

use palisade_core::Clock;
use palisade_edge::ExemptPaths;
use tower_layer::Layer;

use super::Metrics;
use super::routes::Routes;

/// Layer that measures requests; see the [module](super).
///
/// Place it inside of [`RequestLogLayer`](crate::request::RequestLogLayer), whose
/// [`NoteLayer`](crate::request::NoteLayer) tells it the route, or inside of axum's router, where the
/// route is matched (feature `axum`). Install the recorder before the first request: handles are
/// made once.
///
/// A route is a template of the program; should an application make templates without end, those
/// beyond [`with_most_routes`](Self::with_most_routes) share the route `_overflow`.
///
/// # Cost
///
/// Two clock reads and no allocation, but for the first request of each method, route and status.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct MetricsLayer {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) routes: Routes,
    pub(super) exempt: ExemptPaths,
}

impl MetricsLayer {
    /// Measures all requests but probes, on up to 256 routes.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_most_routes(clock, 256)
    }

    /// Measures up to so many routes apart.
    pub fn with_most_routes(clock: Arc<dyn Clock>, most: usize) -> Self {
        let (routes, exempt) = (Routes::new(most), ExemptPaths::health());
        Self { shared: Arc::new(Shared { clock, routes, exempt }) }
    }
}

impl fmt::Debug for MetricsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsLayer").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = Metrics<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Metrics { inner, shared: Arc::clone(&self.shared) }
    }
}
