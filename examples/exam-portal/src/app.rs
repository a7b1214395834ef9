//! Routes and layers, put together.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, Entry};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use palisade_core::Clock;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::Config;
use crate::health::Health;
use crate::server::Running;
use crate::store::Store;
use crate::{api, edge, health, log, pages, refusal, server};

/// The application from the first connection on: probes at once, everything else when the
/// database is open.
#[derive(Clone)]
pub(crate) struct App {
    portal: Arc<OnceLock<Router>>,
}

impl App {
    pub(crate) fn new() -> Self {
        Self { portal: Arc::new(OnceLock::new()) }
    }

    /// Opens pages and API to requests.
    pub(crate) fn open(&self, store: Store) {
        let portal = Router::new()
            .nest("/api/v1", api::routes())
            .merge(pages::routes())
            .fallback(refusal::not_found)
            .method_not_allowed_fallback(refusal::method_not_allowed)
            .with_state(store);
        // A second call cannot happen and would change nothing.
        let _ = self.portal.set(portal);
    }

    /// Returns the whole service; outer layers are last.
    pub(crate) fn service(
        &self,
        config: &Config,
        clock: Arc<dyn Clock>,
        health: Arc<Health>,
        running: Running,
    ) -> Router {
        let portal = Router::new()
            .fallback(forward)
            .with_state(self.clone())
            .layer(from_fn(refusal::deadline))
            .layer(from_fn_with_state(running, server::count));
        let service = health::routes(Arc::clone(&health))
            .method_not_allowed_fallback(refusal::method_not_allowed)
            .fallback_service(portal)
            .layer(edge::allowed_hosts(config))
            .layer(map_response(private))
            .layer(CatchPanicLayer::custom(refusal::panicked))
            .layer(from_fn_with_state(health, server::say_farewell))
            .layer(from_fn_with_state(Arc::clone(&clock), log::request));
        service.layer(edge::layer(config, clock))
    }
}

async fn forward(State(app): State<App>, request: Request) -> Response {
    match app.portal.get() {
        Some(portal) => portal.clone().oneshot(request).await.into_response(),
        None => refusal::starting().into_response(),
    }
}

/// What shows data of people is not kept by anybody on the way, unless the route says otherwise.
async fn private(mut response: Response) -> Response {
    if let Entry::Vacant(slot) = response.headers_mut().entry(CACHE_CONTROL) {
        slot.insert(HeaderValue::from_static("no-store"));
    }
    response
}
