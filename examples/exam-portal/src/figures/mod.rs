//! Figures for Prometheus at `/metrics`, for who asks from this machine.

mod minutes;

use std::convert::Infallible;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use palisade_cache::http::HttpCache;
use palisade_core::Clock;
use palisade_edge::ClientIp;
use palisade_observe::metric::{self, Guard};

use crate::caches::Caches;
use crate::log::Logs;
use crate::refusal;
pub(crate) use minutes::Minute;
use minutes::{Minutes, Totals};

/// Series of one metric at most.
const SERIES: usize = 2000;
/// How often samples are put into their buckets, whether or not anybody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);

/// From a cache that keeps its word to a disk that is busy, in seconds.
const SYNCS: [f64; 9] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];

/// The recorder of the process: the facade has one for all.
static FIGURES: OnceLock<Figures> = OnceLock::new();
/// What is told when somebody asks.
static CACHES: OnceLock<Caches> = OnceLock::new();
static ANSWERS: OnceLock<HttpCache> = OnceLock::new();

struct Figures {
    exporter: PrometheusHandle,
    logs: Logs,
    start: SystemTime,
    minutes: Mutex<Minutes>,
}

/// What `/admin/security` shows of the requests of this process.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// From the oldest to the one that is not over; none where nothing is counted.
    pub(crate) minutes: Vec<Minute>,
    /// Within this time were nineteen of twenty answered.
    pub(crate) most: Option<Duration>,
}

/// Begins to count, once in a process.
pub(crate) fn start(logs: Logs, start: SystemTime) -> Result<(), BuildError> {
    let durations = Matcher::Full(metric::DURATION.to_owned());
    let syncs = Matcher::Full("palisade_audit_sync_seconds".to_owned());
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(durations, &metric::BUCKETS)?
        .set_buckets_for_metric(syncs, &SYNCS)?
        .build_recorder();
    let figures = Figures { exporter: recorder.handle(), logs, start, minutes: Mutex::default() };
    if FIGURES.set(figures).is_ok()
        && metrics::set_global_recorder(Guard::new(recorder, SERIES)).is_ok()
    {
        describe();
        metric::build_info(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    }
    Ok(())
}

/// Has the caches of the portal report when somebody asks.
pub(crate) fn of_caches(caches: Caches) {
    // There is one portal in a process.
    let _ = CACHES.set(caches);
}

/// Has the answers that are kept report when somebody asks.
pub(crate) fn of_answers(answers: HttpCache) {
    // There is one portal in a process.
    let _ = ANSWERS.set(answers);
}

/// Says what each metric means, those of other crates too.
fn describe() {
    metric::describe();
    for (name, about) in [
        ("palisade_audit_events_total", "Events of the audit trail, by outcome: stored, dropped."),
        ("palisade_audit_mirror_failures_total", "Failed copies of the audit trail, by mirror."),
        ("palisade_audit_mirror_missed_total", "Events that a mirror will never have."),
        ("palisade_audit_offered_total", "Events that somebody wanted in the audit trail."),
        ("palisade_audit_poisoned_total", "Segments of the audit trail that a failed disk ended."),
        ("palisade_audit_sync_failures_total", "Syncs of the audit trail that failed."),
        ("palisade_audit_unsigned_total", "Checkpoints that could not be signed."),
        (
            "palisade_headers_cross_site_requests_total",
            "Cross-site requests, by reason and outcome.",
        ),
        ("palisade_headers_reports_total", "Violation reports of browsers, by outcome."),
        ("palisade_ratelimit_decisions_total", "Decisions about requests, by rule and outcome."),
        ("palisade_ratelimit_near_limit_total", "Requests that left little of a limit, by rule."),
        ("palisade_ratelimit_sign_ins_total", "Tries to sign in, by store and outcome."),
        ("palisade_ratelimit_store_errors_total", "Failures of stores, by store and kind."),
        ("palisade_resilience_breaker_calls_total", "Calls through breakers, by outcome."),
        ("palisade_resilience_breaker_refused_total", "Calls that open breakers refused."),
        ("palisade_resilience_breaker_transitions_total", "Changes of breakers, by new phase."),
        ("palisade_resilience_deadline_exceeded_total", "Calls that came to their deadline."),
        ("palisade_resilience_retries_total", "Tries after the first."),
        ("palisade_resilience_retry_stops_total", "Calls that were not tried again, by reason."),
    ] {
        metrics::describe_counter!(name, about);
    }
    for (name, about) in [
        ("palisade_audit_mirror_lag_events", "Events that a mirror has not been given, by mirror."),
        ("palisade_audit_queue_bytes", "Bytes of events that waited for the last write."),
        ("palisade_audit_recording", "1 while the audit trail takes events."),
    ] {
        metrics::describe_gauge!(name, about);
    }
    metrics::describe_histogram!("palisade_audit_sync_seconds", "Time of a sync of the trail.");
    for (name, about) in palisade_cache::report::DESCRIPTIONS {
        if name.ends_with("_total") {
            metrics::describe_counter!(name, about);
        } else {
            metrics::describe_gauge!(name, about);
        }
    }
}

/// Keeps the samples that nobody asks for from piling up, and ends the minutes, until it is dropped.
pub(crate) async fn tidy(clock: &dyn Clock) -> Infallible {
    let mut end = clock.now();
    loop {
        tokio::time::sleep(UPKEEP).await;
        let Some(figures) = FIGURES.get() else { continue };
        figures.exporter.run_upkeep();
        if clock.now().saturating_duration_since(end) >= Minutes::STEP {
            end = clock.now();
            let totals = Totals::read(&figures.exporter.render());
            figures.minutes().note(totals, clock.wall());
        }
    }
}

/// Returns the requests of the last half hour.
pub(crate) fn requests(now: SystemTime) -> Requests {
    let Some(figures) = FIGURES.get() else { return Requests::default() };
    let totals = Totals::read(&figures.exporter.render());
    Requests { minutes: figures.minutes().all(totals, now), most: totals.most }
}

impl Figures {
    fn minutes(&self) -> std::sync::MutexGuard<'_, Minutes> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn routes() -> Router {
    Router::new().route("/metrics", get(answer))
}

/// What a stranger must not learn: others are told that there is nothing.
async fn answer(client: Option<Extension<ClientIp>>, _: Request) -> Response {
    let local = client.is_some_and(|client| client.address().is_loopback());
    let Some(figures) = FIGURES.get().filter(|_| local) else {
        return refusal::not_found().await.into_response();
    };
    metric::process(figures.start, &figures.logs.all());
    if let Some(capture) = figures.logs.capture() {
        metric::capture(capture);
    }
    if let Some(caches) = CACHES.get() {
        caches.report();
    }
    if let Some(answers) = ANSWERS.get() {
        answers.report();
    }
    let mut response = figures.exporter.render().into_response();
    let headers = response.headers_mut();
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    headers.insert(CONTENT_TYPE, text);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
