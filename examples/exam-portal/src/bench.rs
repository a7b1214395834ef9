//! The whole service in the process of a test, with a clock that stands still.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use http::header::{ALLOW, CONTENT_TYPE, COOKIE, HOST, RETRY_AFTER, SET_COOKIE};
use http_body_util::BodyExt;
use palisade_core::{Clock, ManualClock};
use palisade_observe::health::Health;
use palisade_passwords::SecretKeys;
use palisade_ratelimit::lockout::Lockout;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::accounts::{Accounts, Role, run};
use crate::answers::Answers;
use crate::app::App;
use crate::config::{self, Asked, MailTo, UserTask};
use crate::exams::Copies;
use crate::limits::{Counts, Guard};
use crate::resets::Resets;
use crate::state::Portal;
use crate::store::{Limits, Seed, Store};
use crate::trail::{Shared, Trail};
use crate::{headers, health};

const SECRET: &str = "0f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d";

/// A portal without demo data.
pub(crate) struct Bench {
    service: Router,
    pub(crate) clock: ManualClock,
    pub(crate) portal: Portal,
    pub(crate) folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) cookie: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// The methods that there are, where the one that was tried is not.
    pub(crate) allow: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Bench {
    /// The password that `ada` chooses.
    pub(crate) const OWN: &str = "red bicycles under snow";

    pub(crate) async fn new() -> Self {
        Self::with_lockout(|lockout| lockout).await
    }

    /// Starts with another lockout in the place of the portal's.
    pub(crate) async fn with_lockout(change: impl FnOnce(Lockout) -> Lockout) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::starting_at(Duration::from_secs(1_796_000_000));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let limits = concat!(env!("CARGO_MANIFEST_DIR"), "/limits.load.toml");
        let flags = ["exam-portal", "--limits", limits, "--data"].map(Into::into);
        let args = flags.into_iter().chain([folder.path().into()]);
        let Ok(Asked::Run(_, config)) = config::read(args) else {
            panic!("the arguments are good")
        };
        let (bounds, of_store) = (Limits::default(), Arc::clone(&shared));
        let store =
            Store::open(None, folder.path(), bounds, of_store, Seed::Nothing).await.unwrap();
        let keys = SecretKeys::parse(SECRET, []).unwrap();
        let counts = Counts::open(&config, &keys, &shared).await.unwrap();
        let guard = Guard::new(&config.limits, &counts, Arc::clone(&shared)).unwrap();
        let (of_accounts, lockout) = (Arc::clone(&shared), change(counts.lockout().clone()));
        let accounts = Accounts::start(store.clone(), &keys, lockout, of_accounts).await.unwrap();
        let (mail, origin) = (MailTo::Folder(folder.path().join("outbox")), "http://localhost");
        let resets =
            Resets::start(store.clone(), accounts.clone(), &mail, origin, &shared).unwrap();
        let reports = headers::collector(&keys, Arc::clone(&shared)).unwrap();
        let copies = Copies::open(folder.path()).unwrap();
        let trail =
            Trail::open(folder.path(), Shared::default(), &keys, Arc::clone(&shared)).unwrap();
        let answers = Answers::new(&shared).unwrap();
        let portal = Portal { store, accounts, resets, guard, copies, trail, reports, answers };
        let (app, health) = (App::new(&config, &shared).unwrap(), Health::new(Arc::clone(&shared)));
        let service = app.service(&config, Arc::clone(&shared), health.clone());
        app.open(portal.clone(), &config, shared).unwrap();
        health.started(health::checks(portal.store.clone(), &config));
        Self { service, clock, portal, folder }
    }

    /// Returns the whole service, as connections are given it.
    pub(crate) fn service(&self) -> Router {
        self.service.clone()
    }

    /// Adds the account `ada`, a teacher; returns its temporary password.
    pub(crate) async fn add_ada(&self) -> String {
        self.add_ada_as(Role::Teacher).await
    }

    async fn add_ada_as(&self, role: Role) -> String {
        let task = UserTask::Add {
            name: "ada".to_owned(),
            role,
            email: "ada@school.example".to_owned(),
            student: None,
        };
        let lines = run(&self.portal.accounts, task).await.unwrap();
        lines[0].line().rsplit(' ').next().unwrap().to_owned()
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        cookie: Option<&str>,
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost")
            .header(CONTENT_TYPE, "application/json");
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let mut request = request.body(Body::from(body.to_string())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50123))));
        let response = self.service.clone().oneshot(request).await.unwrap();
        let cookie = response.headers().get(SET_COOKIE).map(|value| value.to_str().unwrap());
        let cookie = cookie.map(|value| value.split(';').next().unwrap().to_owned());
        let status = response.status().as_u16();
        let wait = response.headers().get(RETRY_AFTER);
        let retry_after = wait.map(|value| value.to_str().unwrap().to_owned());
        let allow = response.headers().get(ALLOW);
        let allow = allow.map(|value| value.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Answer { status, cookie, retry_after, allow, body }
    }

    pub(crate) async fn sign_in(&self, password: &str) -> Answer {
        let body = json!({"username": "ada", "password": password});
        self.call("POST", "/api/v1/auth/login", None, &body).await
    }

    /// Adds an account that chooses its own password; returns its session.
    pub(crate) async fn session(&self, name: &str, role: Role) -> String {
        let (name, student) = (name.to_owned(), None);
        let email = format!("{name}@school.example");
        let task = UserTask::Add { name: name.clone(), role, email, student };
        let lines = run(&self.portal.accounts, task).await.unwrap();
        let temporary = lines[0].line().rsplit(' ').next().unwrap();
        let pending = self.session_with(&name, temporary).await;
        let body = json!({"new_password": Self::OWN});
        let path = "/api/v1/auth/password";
        self.call("POST", path, Some(&pending), &body).await.cookie.unwrap()
    }

    /// Signs an account in; returns its session.
    pub(crate) async fn session_with(&self, name: &str, password: &str) -> String {
        let body = json!({"username": name, "password": password});
        self.call("POST", "/api/v1/auth/login", None, &body).await.cookie.unwrap()
    }

    pub(crate) async fn status_of(&self, path: &str, cookie: &str) -> u16 {
        self.call("GET", path, Some(cookie), &Value::Null).await.status
    }

    /// Adds `ada` with a password of her own; returns it.
    pub(crate) async fn settle_ada(&self) -> &'static str {
        self.settle_ada_as(Role::Teacher).await
    }

    pub(crate) async fn settle_ada_as(&self, role: Role) -> &'static str {
        let temporary = self.add_ada_as(role).await;
        let pending = self.sign_in(&temporary).await.cookie.unwrap();
        let body = json!({"new_password": Self::OWN});
        let changed = self.call("POST", "/api/v1/auth/password", Some(&pending), &body).await;
        assert_eq!(changed.status, 204, "{changed:?}");
        Self::OWN
    }
}
