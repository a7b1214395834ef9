//! Which requests still run.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONNECTION;
use palisade_observe::health::Health;
use tokio::sync::watch;

/// Counts the requests that run.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    // Each running request holds a receiver.
    requests: watch::Sender<()>,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self { requests: watch::Sender::new(()) }
    }

    /// Waits until no request runs.
    pub(super) async fn none(&self) {
        self.requests.closed().await;
    }
}

/// Counts a request while its handler runs.
pub(crate) async fn count(
    State(running): State<Running>,
    request: Request,
    next: Next,
) -> Response {
    let _runs = running.requests.subscribe();
    next.run(request).await
}

/// While draining, asks every client to take another connection.
pub(crate) async fn say_farewell(
    State(health): State<Health>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if health.is_draining() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
