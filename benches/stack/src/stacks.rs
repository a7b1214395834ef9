//! What stands around the handler.

use std::path::Path;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use axum_helmet::Helmet;
use palisade::input_validation::Valid;
use palisade::observe::log::{Format, Log, LogLayer};
use palisade::observe::redact::Redactor;
use palisade::observe::writer::{RotatingFile, Rotation, Writer};
use palisade::ratelimit::key::Key;
use palisade::ratelimit::{Limits, Quota, Rule};
use palisade::shield::{Part, Shield};
use palisade_core::{Clock, SystemClock};
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::PeerIpKeyExtractor;
use tower_http::trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer};
use tracing::{Dispatch, Level};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;
use validator::Validate;

use crate::forms::{Ours, Theirs};
use crate::site::{Build, Server, Stack};

/// Everybody; the first is what all are compared with.
pub(crate) fn all() -> Vec<(&'static str, Build)> {
    vec![
        ("bare", |_| plain(Router::new().route("/signup", post(trusting)))),
        ("Valid<Json> for Json", |_| plain(checked())),
        ("edge", |_| alone(&[Part::Edge])),
        ("request log, a line in a file", |folder| Stack {
            log: our_log(folder, "alone"),
            ..alone(&[Part::RequestLog])
        }),
        ("metrics", |_| alone(&[Part::Metrics])),
        ("headers", |_| alone(&[Part::Headers])),
        ("panics", |_| alone(&[Part::Panics])),
        ("edge, hosts", |_| alone(&[Part::Edge, Part::Hosts])),
        ("cookies", |_| alone(&[Part::Cookies])),
        ("edge, limits", |_| alone(&[Part::Edge, Part::Limits])),
        ("cross-origin", |_| alone(&[Part::CrossOrigin])),
        ("body limit", |_| alone(&[Part::BodyLimit])),
        ("deadline", |_| alone(&[Part::Deadline])),
        ("whole: Shield::api, Valid<Json>, a line in a file", |folder| Stack {
            log: our_log(folder, "whole"),
            ..plain(checked().layer(shield()))
        }),
        ("whole, by palisade::serve", |folder| Stack {
            log: our_log(folder, "served"),
            server: Server::Ours,
            ..plain(checked().layer(shield()))
        }),
        ("peers: helmet, tower_governor, trace, validator", peers),
    ]
}

fn plain(app: Router) -> Stack {
    Stack { app, log: Dispatch::none(), server: Server::Axum }
}

/// The shield with nothing but these parts, around axum's `Json`.
fn alone(parts: &[Part]) -> Stack {
    let rest = Part::ORDER.iter().filter(|part| !parts.contains(part));
    let shield = rest.fold(shield(), |shield, part| shield.insecure_without(*part));
    plain(Router::new().route("/signup", post(trusting)).layer(shield))
}

/// Everything that a shield has on, with a limit that refuses nobody.
fn shield() -> Shield {
    let rule = Rule::new("client", Quota::per_second(1_000_000)).by(Key::client_ip());
    let limits = Limits::builder().rule(rule).finish().expect("a rule");
    Shield::api(["localhost"]).expect("a name").limits(limits)
}

/// A line for each request, with secrets hidden, by a thread beside the requests.
fn our_log(folder: &Path, name: &'static str) -> Dispatch {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let file = RotatingFile::open(&folder.join(name).join("app.log"), Rotation::default());
    let file = file.expect("a file");
    let writer = Writer::start(name, file, Writer::QUEUE, Format::Json, Arc::clone(&clock));
    let log = Log::new().all_to(writer.expect("a thread"));
    let layer = LogLayer::new(clock).redact(Redactor::new()).to(Format::Json, log);
    Dispatch::new(registry().with(layer.with_filter(palisade::observe::Filter::info())))
}

/// What people put together today, each as its README shows it.
fn peers(folder: &Path) -> Stack {
    let file = tracing_appender::rolling::never(folder, "peers.log");
    let (writer, guard) = tracing_appender::non_blocking(file);
    // The thread of the log lives as long as the process.
    std::mem::forget(guard);
    let layer = tracing_subscriber::fmt::layer().json().with_writer(writer);
    let trace = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    let mut builder = GovernorConfigBuilder::default();
    let mut builder = builder.key_extractor(PeerIpKeyExtractor);
    builder.per_nanosecond(1000).burst_size(1_000_000);
    let governor = GovernorLayer::new(builder.finish().expect("a quota"));
    let app = Router::new()
        .route("/signup", post(validated))
        .layer(DefaultBodyLimit::max(1 << 20))
        .layer(governor)
        .layer(Helmet::default().into_layer().expect("valid headers"))
        .layer(trace);
    Stack { log: Dispatch::new(registry().with(layer)), ..plain(app) }
}

fn checked() -> Router {
    Router::new().route("/signup", post(valid))
}

/// Takes what has the types.
async fn trusting(Json(form): Json<Theirs>) -> (StatusCode, Json<u8>) {
    (StatusCode::CREATED, Json(form.age))
}

async fn validated(Json(form): Json<Theirs>) -> Result<(StatusCode, Json<u8>), StatusCode> {
    form.validate().map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    Ok((StatusCode::CREATED, Json(form.age)))
}

async fn valid(form: Valid<Json<Ours>>) -> (StatusCode, Json<u8>) {
    (StatusCode::CREATED, Json(form.age))
}
