//! The three probes, as JSON.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

use super::{Health, Readiness};

/// Paths that answer any `Host`, are not logged and are never limited.
pub(crate) const PATHS: [&str; 3] = ["/health", "/health/live", "/health/ready"];

/// The probes: `/health` and `/health/ready` say whether requests are welcome, `/health/live`
/// that the process is there.
pub(crate) fn routes(health: Arc<Health>) -> Router {
    let [summary, live, ready] = PATHS;
    Router::new()
        .route(summary, get(answer))
        .route(live, get(|| async { Json(json!({"status": "live"})) }))
        .route(ready, get(answer))
        .with_state(health)
}

async fn answer(State(health): State<Arc<Health>>) -> Response {
    let readiness = health.readiness().await;
    let status = match readiness {
        Readiness::Ready => StatusCode::OK,
        Readiness::DatabaseDown | Readiness::Draining | Readiness::Starting => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    (status, Json(json!({"status": word(readiness)}))).into_response()
}

const fn word(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::DatabaseDown => "database_down",
        Readiness::Draining => "draining",
        Readiness::Ready => "ready",
        Readiness::Starting => "starting",
    }
}
