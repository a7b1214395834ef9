//! What a session can reach that has to set a password first.

use std::convert::Infallible;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get, post};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use palisade_passwords::must_change::{Exits, MustChange, MustChangeLayer};
use palisade_passwords::session::{Account, Lifetime, Session, Stamp, Standing};
use palisade_testkit::alloc::count;
use tower::{Layer, Service, ServiceExt};

use crate::events::listen;

const ROUTES: [(&str, &str); 8] = [
    ("GET", "/"),
    ("GET", "/api/v1/me"),
    ("POST", "/api/v1/students"),
    ("DELETE", "/api/v1/students/4711"),
    ("PUT", "/api/v1/exams/1/grades"),
    ("GET", "/api/v1/admin/audit"),
    ("OPTIONS", "/api/v1/auth/password"),
    ("GET", "/api/v1/auth/password"),
];

fn standing(account: Account) -> Standing<u64> {
    let session = Session::begin(7, &account, UNIX_EPOCH).into_session();
    session.standing(Some(&account), UNIX_EPOCH, &Lifetime::new(Duration::from_hours(1))).unwrap()
}

fn layer() -> MustChangeLayer {
    let exits = Exits::new(Method::POST, "/api/v1/auth/password")
        .unwrap()
        .and(Method::POST, "/api/v1/auth/logout")
        .unwrap();
    MustChangeLayer::new(exits, |parts| {
        parts.extensions.get::<Standing<u64>>().is_some_and(Standing::is_pending)
    })
}

fn app() -> Router {
    Router::new()
        .route("/api/v1/auth/password", post(|| async { "changed" }).get(|| async { "form" }))
        .route("/api/v1/auth/logout", post(|| async { "bye" }))
        .route("/", get(|| async { "dashboard" }))
        .route("/{*rest}", any(|| async { "the application" }))
}

async fn ask(app: Router, method: &str, path: &str, account: Option<Account>) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(account) = account {
        request = request.extension(standing(account));
    }
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[test]
fn a_refusal_is_a_security_event() {
    let told = listen(async {
        ask(app().layer(layer()), "GET", "/", Some(Account::must_change(Stamp::FIRST))).await;
    });
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("event=\"authz_fail\" reason=\"password_change_required\""),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_pending_session_reaches_the_change_and_the_logout_alone() {
    let pending = Account::must_change(Stamp::FIRST);
    for (method, path) in ROUTES {
        let open = ask(app(), method, path, Some(pending)).await;
        assert_ne!(open.status(), StatusCode::FORBIDDEN, "without the layer: {method} {path}");
        let refused = ask(app().layer(layer()), method, path, Some(pending)).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        let body = axum::body::to_bytes(refused.into_body(), 4096).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "password_change_required");
    }
    for path in ["/api/v1/auth/password", "/api/v1/auth/logout"] {
        let allowed = ask(app().layer(layer()), "POST", path, Some(pending)).await;
        assert_eq!(allowed.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn other_sessions_and_strangers_pass() {
    for account in [None, Some(Account::settled(Stamp::FIRST))] {
        for (method, path) in ROUTES {
            let answer = ask(app().layer(layer()), method, path, account).await;
            assert_ne!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn spellings_of_an_exit_that_lead_elsewhere_are_refused() {
    let pending = Account::must_change(Stamp::FIRST);
    for path in [
        "/api/v1/auth/password/../../admin/audit",
        "/api/v1/auth/password/",
        "/api/v1/auth/password%2f..%2f..%2fadmin",
        "/api/v1/auth//password",
        "/API/v1/auth/password",
    ] {
        let answer = ask(app().layer(layer()), "POST", path, Some(pending)).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    // A query does not change the route.
    let answer =
        ask(app().layer(layer()), "POST", "/api/v1/auth/password?x=1", Some(pending)).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn pages_can_be_sent_to_the_form() {
    let layer = layer().with_rejection(|parts| {
        let mut response = Response::new(Bytes::new());
        let form = if parts.method == Method::GET { "/account/password" } else { "/" };
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert("location", form.parse().unwrap());
        response
    });
    let pending = Account::must_change(Stamp::FIRST);
    let answer = ask(app().layer(layer), "GET", "/", Some(pending)).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/account/password");
}

#[test]
fn the_way_through_costs_no_allocation_and_a_clone_is_one_pointer() {
    type Answer = Result<Response<Bytes>, Infallible>;
    let inner =
        tower::service_fn(|_: Request<()>| std::future::ready(Answer::Ok(Response::default())));
    let mut service = layer().layer(inner);
    for account in [Account::settled(Stamp::FIRST), Account::must_change(Stamp::FIRST)] {
        let mut request = Request::post("/api/v1/auth/password").body(()).unwrap();
        request.extensions_mut().insert(standing(account));
        let made = count(|| drop(service.call(request)));
        assert_eq!(made.allocations, 0, "{account:?}");
    }
    assert_eq!(size_of::<MustChange<()>>(), size_of::<usize>());
    assert!(format!("{:?}", layer()).starts_with("MustChangeLayer { exits"));
}
