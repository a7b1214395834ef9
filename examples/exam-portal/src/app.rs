//! Routes and layers, put together.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use palisade_core::Clock;
use palisade_headers::cookies::{self, CookiesLayer};
use palisade_headers::csrf::{self, CrossOriginLayer};
use palisade_input_validation::CheckClock;
use palisade_observe::health::{Health, HealthLayer};
use palisade_observe::metric::MetricsLayer;
use palisade_observe::request::RequestLogLayer;
use palisade_passwords::must_change::ExitError;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::{Config, PublicUrl};
use crate::headers::{self, Headers, HeadersError};
use crate::sessions::Sessions;
use crate::state::Portal;
use crate::{api, edge, figures, limits, log, must_change, pages, refusal, sessions};

/// Why the application cannot be opened, which is a mistake of the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AppError {
    #[error(transparent)]
    Exits(#[from] ExitError),
    #[error(transparent)]
    Headers(#[from] HeadersError),
    #[error("the system has no randomness: {0}")]
    Random(String),
}

/// The application from the first connection on: probes at once, everything else when the
/// database is open.
#[derive(Clone)]
pub(crate) struct App {
    portal: Arc<OnceLock<Router>>,
    headers: Headers,
    requests: RequestLogLayer,
}

impl App {
    pub(crate) fn new(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, AppError> {
        let (portal, headers) = (Arc::new(OnceLock::new()), Headers::new(config)?);
        let requests = log::requests(clock).map_err(|error| AppError::Random(error.to_string()))?;
        Ok(Self { portal, headers, requests })
    }

    /// Opens pages and API to requests.
    pub(crate) fn open(
        &self,
        portal: Portal,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> Result<(), AppError> {
        let https = config.public_url.as_ref().is_some_and(PublicUrl::is_https);
        let reads = Extension(CheckClock::new(Arc::clone(&clock)));
        let sessions = Sessions::new(portal.store.clone(), clock, https);
        let (reports, guard) = (portal.reports.clone(), portal.guard.clone());
        let trail = portal.trail.clone();
        let signed_in = Router::new()
            .merge(api::routes(&portal.copies, &portal.answers))
            .merge(pages::routes())
            .fallback(refusal::not_found)
            .method_not_allowed_fallback(refusal::method_not_allowed)
            .with_state(portal.clone())
            .layer(reads)
            .layer(log::note())
            .layer(must_change::layer()?)
            // Inside of the limits: a flood does not fill the trail.
            .layer(trail.layer())
            // Inside of the sessions: most rules count by who is signed in.
            .layer(guard.layer())
            .layer(from_fn_with_state(sessions, sessions::carry));
        let open = pages::open().merge(api::open()).with_state(portal);
        let open = open.layer(log::note()).layer(trail.layer());
        let open = open.layer(guard.layer()).layer(from_fn(limits::read_email));
        let portal = pages::assets()
            .merge(open)
            .method_not_allowed_fallback(refusal::method_not_allowed)
            .fallback_service(signed_in)
            .layer(from_fn(pages::show_limited))
            .layer(CrossOriginLayer::new(csrf::Policy::new()))
            .layer(CookiesLayer::new(cookies::Policy::new()));
        self.headers.report_to(&reports)?;
        let portal = Router::new()
            .route_service(headers::REPORTS, reports.service())
            .fallback_service(portal);
        // A second call cannot happen and would change nothing.
        let _ = self.portal.set(portal);
        Ok(())
    }

    /// Returns the whole service; outer layers are last.
    pub(crate) fn service(&self, config: &Config, clock: Arc<dyn Clock>, health: Health) -> Router {
        let portal = Router::new().fallback(forward).with_state(self.clone());
        self.around(portal, config, clock, health)
    }

    /// Returns these routes inside of everything that stands before the portal's own.
    fn around(
        &self,
        portal: Router,
        config: &Config,
        clock: Arc<dyn Clock>,
        health: Health,
    ) -> Router {
        let (tells, gate) = edge::layers(config, Arc::clone(&clock));
        let portal = portal.layer(from_fn(refusal::deadline));
        let service = figures::routes()
            .method_not_allowed_fallback(refusal::method_not_allowed)
            .fallback_service(portal)
            .layer(MetricsLayer::new(clock))
            .layer(edge::allowed_hosts(config))
            .layer(gate)
            .layer(HealthLayer::new(health))
            .layer(CatchPanicLayer::custom(refusal::panicked))
            .layer(self.requests.clone())
            .layer(from_fn_with_state(self.headers.clone(), headers::write));
        service.layer(tells)
    }
}

async fn forward(State(app): State<App>, request: Request) -> Response {
    match app.portal.get() {
        Some(portal) => portal.clone().oneshot(request).await.into_response(),
        None => refusal::starting().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use http::HeaderValue;
    use palisade_core::SystemClock;
    use palisade_headers::assert_covered;
    use palisade_passwords::SecretKeys;

    use super::*;
    use crate::accounts::Accounts;
    use crate::answers::Answers;
    use crate::config::{self, Asked, MailTo};
    use crate::exams::Copies;
    use crate::health;
    use crate::limits::{Counts, Guard};
    use crate::resets::Resets;
    use crate::store::{Limits, Seed, Store};
    use crate::trail::{Shared, Trail};

    const SECRET: &str = "0f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d";

    async fn get(app: &Router, path: &str) -> (u16, Option<HeaderValue>) {
        let mut request =
            Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50123))));
        let response = app.clone().oneshot(request).await.unwrap();
        (response.status().as_u16(), response.headers().get("retry-after").cloned())
    }

    #[tokio::test(start_paused = true)]
    async fn every_kind_of_answer_carries_the_headers() {
        for url in ["http://localhost", "https://localhost"] {
            let args = ["exam-portal", "--public-url", url];
            let Ok(Asked::Run(_, config)) = config::read(args.map(Into::into)) else {
                panic!("the arguments are good")
            };
            let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
            let app = App::new(&config, &clock).unwrap();
            let health = Health::new(Arc::clone(&clock));
            let stack = |routes| app.around(routes, &config, clock, health);
            assert_covered(stack).await.unwrap();
        }
    }

    #[tokio::test]
    async fn while_the_database_is_opened_only_probes_are_answered() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let folder = tempfile::tempdir().unwrap();
        let args = ["exam-portal".into(), "--data".into(), folder.path().into()];
        let Ok(Asked::Run(_, config)) = config::read(args) else {
            panic!("the arguments are good")
        };
        let app = App::new(&config, &clock).unwrap();
        let health = Health::new(Arc::clone(&clock));
        let service = app.service(&config, Arc::clone(&clock), health.clone());
        let wait = Some(HeaderValue::from_static("1"));
        assert_eq!(get(&service, "/health/live").await, (200, None));
        assert_eq!(get(&service, "/health/ready").await, (503, None));
        assert_eq!(get(&service, "/").await, (503, wait));
        let of_store = Arc::clone(&clock);
        let store = Store::open(None, folder.path(), Limits::default(), of_store, Seed::Nothing);
        let store = store.await.unwrap();
        let keys = SecretKeys::parse(SECRET, []).unwrap();
        let counts = Counts::open(&config, &keys, &clock).await.unwrap();
        let guard = Guard::new(&config.limits, &counts, Arc::clone(&clock)).unwrap();
        let (of_accounts, lockout) = (Arc::clone(&clock), counts.lockout().clone());
        let accounts = Accounts::start(store.clone(), &keys, lockout, of_accounts).await.unwrap();
        let (mail, origin) = (MailTo::Folder(folder.path().join("outbox")), "http://localhost");
        let resets = Resets::start(store.clone(), accounts.clone(), &mail, origin, &clock).unwrap();
        let reports = headers::collector(&keys, Arc::clone(&clock)).unwrap();
        let copies = Copies::open(folder.path()).unwrap();
        let trail =
            Trail::open(folder.path(), Shared::default(), &keys, Arc::clone(&clock)).unwrap();
        let store_of = store.clone();
        let answers = Answers::new(&clock).unwrap();
        let portal =
            Portal { store: store_of, accounts, resets, guard, copies, trail, reports, answers };
        app.open(portal, &config, clock).unwrap();
        health.started(health::checks(store, &config));
        assert_eq!(get(&service, "/health/ready").await, (200, None));
        assert_eq!(get(&service, "/").await, (303, None));
        assert_eq!(get(&service, "/login").await, (200, None));
    }
}
