//! Every route of the portal, for tests that ask all of them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use http::header::{CONTENT_TYPE, COOKIE, HOST};
use http_body_util::BodyExt;
use palisade_core::{Clock, SystemClock};
use palisade_observe::query::{Statement, counted};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use crate::accounts::Role;
use crate::answers::Answers;
use crate::api;
use crate::bench::Bench;
use crate::exams::Copies;

/// A request for a route.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    /// What is sent to a portal with so many rows of each kind.
    body: fn(usize) -> Sent,
}

enum Sent {
    Nothing,
    Form(&'static str),
    Json(Value),
    Other(&'static str, String),
}

const fn get(template: &'static str) -> Route {
    Route { method: "GET", template, body: |_| Sent::Nothing }
}

const fn route(method: &'static str, template: &'static str, body: fn(usize) -> Sent) -> Route {
    Route { method, template, body }
}

fn student(number: usize) -> Value {
    json!({"code": format!("T-{number}"), "name": "Ana Abdi", "email": "ana@school.example", "birthDate": "2009-03-04"})
}

fn table(rows: usize) -> String {
    let row = |number| format!("I-{number},Ana Abdi,ana@school.example,2009-03-04\r\n");
    "code,name,email,birthDate\r\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

fn grades(rows: usize) -> Value {
    let grades: Map<String, Value> = (0..rows).map(|n| (format!("T-{n}"), json!(12.5))).collect();
    Value::Object(grades)
}

fn copy() -> Sent {
    let part = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n";
    let body = "%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n";
    let table = "xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n";
    let end = format!("trailer\n<</Size 2/Root 1 0 R>>\nstartxref\n{}\n%%EOF\n", body.len());
    let text = format!("{part}{body}{table}{end}\r\n--b--\r\n");
    Sent::Other("multipart/form-data; boundary=b", text)
}

const STUDENT: &str = "code=F-1&name=Ana+Abdi&email=ana%40school.example&birthDate=2009-03-04";

/// The one sign-in that is let in: of the administrator of [`filled`].
pub(crate) const fn sign_in() -> Route {
    route("POST", "/api/v1/auth/login", |_| {
        Sent::Json(json!({"username": "ada", "password": Bench::OWN}))
    })
}

/// In an order in which nothing is gone before it is asked for.
pub(crate) const ROUTES: &[Route] = &[
    get("/"),
    get("/login"),
    route("POST", "/login", |_| Sent::Form("username=nobody&password=wrong")),
    get("/account/password"),
    route("POST", "/account/password", |_| Sent::Form("current_password=a&new_password=b")),
    get("/students"),
    get("/students?q=a&per_page=100"),
    route("POST", "/students", |_| Sent::Form(STUDENT)),
    get("/students/T-1"),
    route("POST", "/students/T-1", |_| Sent::Form("name=Ana+B&email=b%40school.example")),
    get("/admin/audit"),
    get("/admin/audit?limit=200&action=student.*"),
    get("/admin/security"),
    get("/admin/security/live"),
    route("POST", "/admin/security/unlock", |_| {
        Sent::Form("kind=account&key=00000000000000000000000000000000")
    }),
    get("/exams"),
    route("POST", "/exams", |_| Sent::Form("title=Physics&date=2026-12-01")),
    get("/announcements/welcome"),
    route("POST", "/announcements/welcome", |_| Sent::Form("markdown=%23+Welcome")),
    get("/settings"),
    route("POST", "/settings", |_| Sent::Form("schoolName=A&contactEmail=&currency=EUR")),
    get("/reset"),
    route("POST", "/reset", |_| Sent::Form("email=nobody%40school.example")),
    get("/reset/choose"),
    route("POST", "/reset/choose", |_| Sent::Form("new_password=red+bicycles+in+the+rain")),
    get("/reset/{token}"),
    route("POST", "/reset/{token}", |_| Sent::Form("new_password=red+bicycles+in+the+rain")),
    route("POST", "/api/v1/auth/login", |_| {
        Sent::Json(json!({"username": "nobody", "password": "wrong"}))
    }),
    route("POST", "/api/v1/auth/reset-request", |_| {
        Sent::Json(json!({"email": "nobody@school.example"}))
    }),
    route("POST", "/api/v1/auth/reset", |_| {
        Sent::Json(json!({"token": "A".repeat(64), "new_password": "red bicycles in the rain"}))
    }),
    route("POST", "/api/v1/auth/password", |_| {
        Sent::Json(json!({"current_password": "wrong", "new_password": "red bicycles in the rain"}))
    }),
    get("/api/v1/me"),
    route("POST", "/api/v1/admin/users/99/reset-password", |_| Sent::Json(json!({}))),
    get("/api/v1/admin/audit?limit=200"),
    get("/api/v1/admin/audit/checkpoint"),
    get("/api/v1/admin/audit/proof/1"),
    get("/api/v1/students?per_page=100"),
    route("POST", "/api/v1/students", |rows| Sent::Json(student(rows + 1_000))),
    get("/api/v1/students/T-1"),
    route("PATCH", "/api/v1/students/T-1", |_| Sent::Json(json!({"name": "Ana C"}))),
    route("POST", "/api/v1/students/import", |rows| Sent::Other("text/csv", table(rows))),
    get("/api/v1/students/export.csv"),
    get("/api/v1/exams?per_page=100"),
    route("POST", "/api/v1/exams", |_| Sent::Json(json!({"title": "Latin"}))),
    get("/api/v1/exams/1/grades"),
    route("PUT", "/api/v1/exams/1/grades", |rows| Sent::Json(grades(rows))),
    route("POST", "/api/v1/exams/1/copies", |_| copy()),
    get("/api/v1/exams/1/copies/1"),
    get("/api/v1/announcements/welcome"),
    route("PUT", "/api/v1/announcements/welcome", |_| Sent::Json(json!({"markdown": "# W"}))),
    route("POST", "/api/v1/payments", |_| {
        Sent::Json(json!({"studentCode": "T-1", "amount": "12.50", "currency": "EUR"}))
    }),
    get("/api/v1/settings"),
    route("PUT", "/api/v1/settings", |_| {
        Sent::Json(json!({"schoolName": "A", "contactEmail": null, "currency": "EUR"}))
    }),
    get("/api/openapi.json"),
    get("/health"),
    get("/health/live"),
    get("/health/ready"),
    route("POST", "/api/v1/csp-reports", |_| Sent::Other("application/csp-report", "{}".into())),
    route("POST", "/students/T-0/remove", |_| Sent::Form("")),
    route("DELETE", "/api/v1/students/T-1", |_| Sent::Nothing),
    route("POST", "/api/v1/auth/logout", |_| Sent::Nothing),
    route("POST", "/logout", |_| Sent::Form("")),
    get("/metrics"),
];

/// Says whether a path, without its query, is one of a template.
pub(crate) fn is_of(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut parts, mut given) = (template.split('/'), path.split('/'));
    parts.clone().count() == given.clone().count()
        && parts.all(|part| given.next().is_some_and(|it| part == it || part.starts_with('{')))
}

impl Route {
    pub(crate) fn request(&self, rows: usize, cookie: &str) -> Request {
        let path = self.template.replace("{token}", &"A".repeat(64));
        let request = Request::builder().method(self.method).uri(path).header(HOST, "localhost");
        let request = request.header(COOKIE, cookie).header("sec-fetch-site", "same-origin");
        let (kind, body) = match (self.body)(rows) {
            Sent::Nothing => ("text/plain", String::new()),
            Sent::Form(text) => ("application/x-www-form-urlencoded", text.to_owned()),
            Sent::Json(value) => ("application/json", value.to_string()),
            Sent::Other(kind, text) => (kind, text),
        };
        let mut request = request.header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50123))));
        request
    }
}

/// A portal with so many rows of each kind, and the session of an administrator.
pub(crate) async fn filled(rows: usize) -> (Bench, String) {
    let bench = Bench::new().await;
    let own = bench.settle_ada_as(Role::Admin).await;
    let cookie = bench.sign_in(own).await.cookie.unwrap();
    let service = bench.service();
    let ask = async |route: &Route| {
        let response = service.clone().oneshot(route.request(rows, &cookie)).await.unwrap();
        let status = response.status();
        assert!(status.is_success() || status.as_u16() == 401, "{} {status}", route.template);
    };
    for number in 0..rows {
        let body = student(number);
        let path = "/api/v1/students";
        assert_eq!(bench.call("POST", path, Some(&cookie), &body).await.status, 201);
        let exam = json!({"title": format!("Exam {number}")});
        assert_eq!(bench.call("POST", "/api/v1/exams", Some(&cookie), &exam).await.status, 201);
        ask(&route("POST", "/api/v1/exams/1/copies", |_| copy())).await;
        // More of them would lock the address.
        for _ in 0..if number < 3 { 5 } else { 0 } {
            let wrong = json!({"username": format!("nobody{number}"), "password": "wrong"});
            bench.call("POST", "/api/v1/auth/login", None, &wrong).await;
        }
    }
    ask(&route("PUT", "/api/v1/exams/1/grades", |rows| Sent::Json(grades(rows)))).await;
    ask(&route("PUT", "/api/v1/announcements/welcome", |_| Sent::Json(json!({"markdown": "#"}))))
        .await;
    (bench, cookie)
}

async fn asked(service: Router, request: Request) -> u16 {
    let response = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let _ = response.into_body().collect().await.unwrap();
    status
}

/// What each route asks of the database, with so many rows.
async fn statements(rows: usize) -> Vec<(u16, u64, String)> {
    let (bench, cookie) = filled(rows).await;
    let mut found = Vec::new();
    for route in ROUTES {
        let request = route.request(rows, &cookie);
        let (status, observed) = counted(asked(bench.service(), request)).await.unwrap();
        // A new connection of the pool sets itself up.
        let own = |one: &Statement| !one.fingerprint.starts_with("pragma");
        let statements: Vec<_> = observed.queries().statements().into_iter().filter(own).collect();
        let count = statements.iter().map(|one| one.count).sum();
        found.push((status, count, format!("{statements:#?}")));
    }
    found
}

/// A grade took two statements and a line of a table one: a thousand grades were two thousand.
#[tokio::test]
async fn no_route_asks_the_database_more_often_because_there_are_more_rows() {
    let (few, many) = (statements(2).await, statements(14).await);
    let mut grown = Vec::new();
    for ((route, few), many) in ROUTES.iter().zip(few).zip(many) {
        let name = format!("{} {}", route.method, route.template);
        assert_eq!(few.0, many.0, "{name} answers the same way");
        // There is no user 99, and nothing is counted here.
        let absent = name.contains("99") || name.ends_with("/metrics");
        assert!(few.0 != 404 || absent, "{name}: {}", few.0);
        assert!(![400, 405, 415, 500].contains(&few.0), "{name}: {}", few.0);
        if many.1 > few.1 || many.1 > 14 {
            grown.push(format!("{name}: {} became {}: {}", few.1, many.1, many.2));
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}

#[test]
fn every_route_is_in_the_table() {
    let quoted = include_str!("pages/mod.rs").split(".route(").skip(1);
    let quoted = quoted.filter_map(|rest| rest.split('"').nth(1));
    let pages = quoted.filter(|path| path.starts_with('/'));
    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let answers = Answers::new(&clock).unwrap();
    let calls = api::paths(&Copies::open(folder.path()).unwrap(), &answers);
    let templates: Vec<&str> = pages.chain(calls).collect();
    assert!(templates.len() > 30, "{templates:?}");
    for template in templates {
        let known = ROUTES.iter().any(|route| is_of(template, route.template));
        assert!(known, "{template} is not in the table of routes");
    }
}
