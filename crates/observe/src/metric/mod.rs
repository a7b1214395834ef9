//! Figures of the process, whose number nobody outside can raise.
//!
//! [`MetricsLayer`] measures requests under the names of OpenTelemetry: the duration by method, route
//! and status, and how many run. A route is the matched template or one constant, a method one of
//! nine or `_OTHER`, so that a million strange URLs make no series. [`Guard`], around any recorder of
//! the `metrics` facade, holds every other metric to a number of series too; what goes beyond is
//! counted in one series of the metric, labelled `overflow`. [`SecurityCounter`] counts the security
//! events of all crates.

mod guard;
mod layer;
mod method;
mod process;
mod routes;
mod security;
mod service;

pub use guard::Guard;
pub use layer::MetricsLayer;
pub use process::{build_info, capture, describe, process};
pub use security::SecurityCounter;
pub use service::{Metrics, ResponseFuture};

/// Upper bounds of the buckets of `http.server.request.duration`, in seconds, as the semantic
/// conventions of OpenTelemetry advise.
pub const BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The name of the histogram of durations.
pub const DURATION: &str = "http_server_request_duration_seconds";

/// The name of the gauge of requests that run.
pub const ACTIVE: &str = "http_server_active_requests";

/// Metadata of the metrics of this crate.
static METADATA: metrics::Metadata<'static> =
    metrics::Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));
