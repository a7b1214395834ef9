//! Routes and layers, put together.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, Entry};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use palisade_core::Clock;
use palisade_headers::cookies::{self, CookiesLayer};
use palisade_headers::csrf::{self, CrossOriginLayer};
use palisade_passwords::must_change::ExitError;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::{Config, PublicUrl};
use crate::health::Health;
use crate::server::Running;
use crate::sessions::Sessions;
use crate::state::Portal;
use crate::{api, edge, health, log, must_change, pages, refusal, server, sessions};

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
    pub(crate) fn open(
        &self,
        portal: Portal,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> Result<(), ExitError> {
        let https = config.public_url.as_ref().is_some_and(PublicUrl::is_https);
        let sessions = Sessions::new(portal.store.clone(), clock, https);
        let signed_in = Router::new()
            .nest("/api/v1", api::routes())
            .merge(pages::routes())
            .fallback(refusal::not_found)
            .method_not_allowed_fallback(refusal::method_not_allowed)
            .with_state(portal.clone())
            .layer(must_change::layer()?)
            .layer(from_fn_with_state(sessions, sessions::carry));
        let open = pages::open().merge(api::open()).with_state(portal);
        let portal = pages::assets()
            .merge(open)
            .method_not_allowed_fallback(refusal::method_not_allowed)
            .fallback_service(signed_in)
            .layer(CrossOriginLayer::new(csrf::Policy::new()))
            .layer(CookiesLayer::new(cookies::Policy::new()));
        // A second call cannot happen and would change nothing.
        let _ = self.portal.set(portal);
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use palisade_core::SystemClock;
    use palisade_passwords::SecretKeys;

    use super::*;
    use crate::accounts::Accounts;
    use crate::config::{self, Asked, MailTo};
    use crate::resets::Resets;
    use crate::store::{Limits, Seed, Store};

    const SECRET: &str = "0f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d";

    async fn get(app: &Router, path: &str) -> (u16, Option<HeaderValue>) {
        let mut request =
            Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50123))));
        let response = app.clone().oneshot(request).await.unwrap();
        (response.status().as_u16(), response.headers().get("retry-after").cloned())
    }

    #[tokio::test]
    async fn while_the_database_is_opened_only_probes_are_answered() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let Ok(Asked::Run(_, config)) = config::read(["exam-portal".into()]) else {
            panic!("the defaults are good")
        };
        let (app, health) = (App::new(), Arc::new(Health::new(Arc::clone(&clock))));
        let service = app.service(&config, Arc::clone(&clock), Arc::clone(&health), Running::new());
        let wait = Some(HeaderValue::from_static("1"));
        assert_eq!(get(&service, "/health/live").await, (200, None));
        assert_eq!(get(&service, "/health/ready").await, (503, None));
        assert_eq!(get(&service, "/").await, (503, wait));
        let folder = tempfile::tempdir().unwrap();
        let of_store = Arc::clone(&clock);
        let store = Store::open(None, folder.path(), Limits::default(), of_store, Seed::Nothing);
        let store = store.await.unwrap();
        let keys = SecretKeys::parse(SECRET, []).unwrap();
        let accounts = Accounts::start(store.clone(), &keys, Arc::clone(&clock)).await.unwrap();
        let (mail, origin) = (MailTo::Folder(folder.path().join("outbox")), "http://localhost");
        let resets = Resets::start(store.clone(), accounts.clone(), &mail, origin, &clock).unwrap();
        let portal = Portal { store: store.clone(), accounts, resets };
        app.open(portal, &config, clock).unwrap();
        health.started(store);
        assert_eq!(get(&service, "/health/ready").await, (200, None));
        assert_eq!(get(&service, "/").await, (303, None));
        assert_eq!(get(&service, "/login").await, (200, None));
    }
}
