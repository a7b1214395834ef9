//! Secrets sent to every route of the whole service; everything it writes is searched for them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use palisade_core::{Clock, SystemClock};
use palisade_observe::leak::{Canaries, Driven, Leaks, check};
use palisade_testkit::errors::ErrorSink;

use crate::accounts::Role;
use crate::bench::Bench;
use crate::config::{self, Asked};
use crate::figures;
use crate::log::Logs;
use crate::routes::{ROUTES, Route};

/// Runs a test in a process of its own: it sets the subscriber and the panic hook.
fn alone(test: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads", "1"])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let of_test = |line: &&str| line.contains("shows what was sent") || line.contains("panicked");
    let told: Vec<&str> = said.lines().filter(of_test).collect();
    assert!(output.status.success() && said.contains("1 passed"), "{told:#?}");
}

#[test]
fn no_secret_that_is_sent_comes_out() {
    alone("leaks::keeps");
}

#[test]
fn a_secret_that_is_logged_on_purpose_is_found() {
    alone("leaks::finds");
}

/// Every byte of every file.
fn files(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { files(&path) } else { std::fs::read(&path).unwrap() });
    }
    bytes
}

/// Sends canaries to the service of a bench that logs into files and tells Sentry.
async fn driven(routes: &[Route], change: fn(Router) -> Router) -> Result<Driven, Leaks> {
    let (sentry, folder) = (Arc::new(ErrorSink::start().unwrap()), tempfile::tempdir().unwrap());
    let logs_of = folder.path().join("logs");
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let args = ["exam-portal".to_owned(), "--sentry-dsn".to_owned(), sentry.dsn()];
    let Ok(Asked::Run(_, config)) = config::read(
        args.into_iter().chain(["--log-dir".to_owned(), text(&logs_of)]).map(Into::into),
    ) else {
        panic!("the arguments are good")
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let logs = Logs::start(&config, Some(&logs_of), &clock).unwrap();
    figures::start(logs.clone(), clock.wall()).unwrap();
    let bench = Bench::new().await;
    let own = bench.settle_ada_as(Role::Admin).await;
    let cookie = bench.sign_in(own).await.cookie.unwrap();
    let of_sentry = Arc::clone(&sentry);
    let data = bench.folder.path().to_owned();
    let mut canaries = Canaries::new()
        .header("host", "localhost")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "same-origin")
        .field("username", "nobody")
        .field("email", "nobody@school.example")
        .extensions(|extensions| {
            extensions.insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50123))));
        })
        .sink("the log files", move || {
            logs.finish();
            files(&logs_of)
        })
        .sink("Sentry", move || {
            let envelopes = of_sentry.envelopes();
            envelopes.into_iter().flat_map(|envelope| envelope.bytes).collect::<Vec<u8>>()
        })
        .sink("the data folder", move || files(&data));
    for route in routes {
        let path = route.template.split('?').next().unwrap_or_default();
        canaries = canaries.route(route.method, path);
    }
    // The figures are the last route: no label holds a secret.
    let found = check(change(bench.service()), canaries).await;
    assert!(!sentry.envelopes().is_empty() && sentry.refused().is_empty());
    found
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn keeps() {
    let driven = driven(ROUTES, |service| service).await.unwrap_or_else(|leaks| panic!("{leaks}"));
    println!("{driven:?}");
    assert!(driven.requests > 2_000 && driven.unanswered == 0, "{driven:?}");
    assert!(driven.statuses[&500] > 20 && driven.statuses[&422] > 20, "{driven:?}");
}

/// Writes a parameter down without its name, which no redactor can know for a secret.
async fn careless(request: Request, next: Next) -> axum::response::Response {
    let query = request.uri().query().unwrap_or_default();
    if let Some((_, token)) = query.split_once("refresh_token=") {
        tracing::info!("asked for {}", token.split('&').next().unwrap_or_default());
    }
    next.run(request).await
}

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn finds() {
    let leaks = driven(&ROUTES[..3], |service| service.layer(from_fn(careless))).await.unwrap_err();
    let planted = "refresh_token in the query of ";
    for leak in &leaks.leaks {
        assert!(leak.sink == "the log files" && leak.place.starts_with(planted), "{leaks}");
    }
    assert_eq!(leaks.leaks.len(), 3, "once for each route: {leaks}");
}
