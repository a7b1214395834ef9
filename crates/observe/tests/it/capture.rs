//! Errors reach whoever mends them, once, without secrets, and nobody waits for it.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use palisade_core::{Clock, ManualClock};
use palisade_edge::{EdgeLayer, TrustedProxies};
use palisade_observe::capture::{
    Capture, CaptureLayer, Collected, ErrorSink, Kind, Report, SendError, Setup,
};
use palisade_observe::log::{Captured, Format, LogLayer};
use palisade_observe::redact::Redactor;
use palisade_observe::request::{Ids, NoteLayer, RequestLogLayer};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::prelude::*;

pub(crate) const CANARY: &str = "zQ7canaryX9";
const LONG: Duration = Duration::from_secs(30);

/// A clock, a log and a capture around a router with faults.
pub(crate) struct Stage {
    pub(crate) clock: ManualClock,
    pub(crate) lines: Captured,
    pub(crate) capture: Capture,
}

impl Stage {
    pub(crate) fn new(setup: Setup) -> Self {
        let clock = ManualClock::starting_at(Duration::from_hours(499_656));
        let capture = Capture::start(setup, Arc::new(clock.clone())).unwrap();
        Self { clock, lines: Captured::new(), capture }
    }

    /// Asks for paths in turn and returns the statuses.
    pub(crate) async fn ask(&self, paths: &[&str]) -> Vec<u16> {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        // The log does not redact here: what is captured is redacted by itself.
        let log = LogLayer::new(Arc::clone(&clock)).to(Format::Json, self.lines.clone());
        let subscriber = tracing_subscriber::registry()
            .with(log)
            .with(self.capture.layer().with_filter(CaptureLayer::filter()));
        let app = faults(&clock);
        let work = async {
            let mut statuses = Vec::new();
            for path in paths {
                let mut request = Request::get(*path).body(Body::empty()).unwrap();
                let peer = SocketAddr::from(([203, 0, 113, 9], 50123));
                request.extensions_mut().insert(ConnectInfo(peer));
                request.headers_mut().insert("host", "localhost".parse().unwrap());
                let response = app.clone().oneshot(request).await.unwrap();
                statuses.push(response.status().as_u16());
                let _ = response.into_body().collect().await.unwrap();
            }
            statuses
        };
        hook();
        work.with_subscriber(subscriber).await
    }

    pub(crate) fn flushed(&self) {
        assert!(self.capture.flush(LONG));
    }
}

/// Sets the hook, once for all tests of the process; what no test plants is shown as well.
pub(crate) fn hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        Capture::panic_hook();
        let ours = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            ours(panic);
            let told = panic.payload_as_str().unwrap_or_default();
            let planted = ["no row for", "another one", "no such row", "nobody expected", "tried"];
            if !planted.iter().any(|planted| told.starts_with(planted)) {
                usual(panic);
            }
        }));
    });
}

fn faults(clock: &Arc<dyn Clock>) -> Router {
    let internal = || StatusCode::INTERNAL_SERVER_ERROR;
    let errors = |told: &'static str| async move {
        tracing::error!(password = CANARY, "{told} postgres://app:{CANARY}@db/shop");
        tracing::error!("and then another");
        StatusCode::INTERNAL_SERVER_ERROR
    };
    Router::new()
        .route("/fine", get(|| async { "fine" }))
        .route("/panic", get(panics))
        .route("/panic/{kind}", get(|| async { panic!("another one") as &'static str }))
        .route("/error", get(move || errors("cannot connect to")))
        .route("/bare/{of}", get(move || async move { internal() }))
        .route(
            "/mended",
            get(|| async {
                tracing::error!("it went well in the end");
                "fine"
            }),
        )
        .route(
            "/inside",
            get(|| {
                let span =
                    tracing::info_span!("export", token = CANARY, rows = 7, about = "a\n\"b\"");
                async { panics_deep() }.instrument(span)
            }),
        )
        .layer(NoteLayer::new().user(|_| Some("u7".to_owned())))
        .layer(CatchPanicLayer::new())
        .layer(RequestLogLayer::new(Arc::clone(clock), Ids::with_key([7; 16])))
        .layer(EdgeLayer::new(TrustedProxies::none()))
}

async fn panics() -> &'static str {
    panics_deep()
}

#[inline(never)]
fn panics_deep() -> &'static str {
    panic!("no row for Authorization: Bearer {CANARY}")
}

fn collected() -> (Stage, Collected) {
    let sink = Collected::new();
    let setup = Setup::new(Redactor::new()).release("shop@1.4.2").environment("production");
    (Stage::new(setup.to(sink.clone())), sink)
}

#[tokio::test]
async fn a_panic_is_told_with_its_stack_and_its_request() {
    let (stage, sink) = collected();
    assert_eq!(stage.ask(&["/panic"]).await, [500]);
    stage.flushed();
    let reports = sink.reports();
    // The answer of 500 that comes of it is no second fault.
    assert_eq!(reports.len(), 1, "{reports:?}");
    let report = &reports[0];
    assert_eq!(report.kind, Kind::Panic);
    assert_eq!(report.message, "no row for Authorization: [redacted]");
    assert!(report.location.as_deref().unwrap().contains("tests/it/capture.rs:"), "{report:?}");
    assert_eq!((report.route.as_deref(), report.user.as_deref()), (Some("/panic"), Some("u7")));
    assert_eq!(report.release.as_deref(), Some("shop@1.4.2"));
    assert_eq!(report.environment.as_deref(), Some("production"));
    assert_eq!(report.at, stage.clock.wall());
    let id = report.request_id.as_ref().unwrap().as_str();
    assert!(stage.lines.text().contains(id) && report.trace.is_some());
    let bound: Vec<&str> = report.context.iter().map(|(name, _)| *name).collect();
    assert_eq!(bound, ["request_id", "trace_id", "method", "path", "client"]);
    assert!(report.context.contains(&("client", "\"203.0.113.9\"".to_owned())), "{report:?}");
    let first = report.frames.first().unwrap();
    assert!(first.function.ends_with("panics_deep") && first.own, "{:#?}", report.frames);
    assert!(first.line.is_some_and(|line| line > 50));
    assert!(report.frames.iter().any(|frame| !frame.own));
}

#[tokio::test]
async fn an_answer_of_500_is_told_with_its_first_error_and_where_that_was() {
    let (stage, sink) = collected();
    assert_eq!(stage.ask(&["/error", "/fine", "/mended", "/missing"]).await, [500, 200, 200, 404]);
    stage.flushed();
    let reports = sink.reports();
    assert_eq!(reports.len(), 1, "{reports:?}");
    let report = &reports[0];
    assert_eq!((report.kind, report.status), (Kind::Request, Some(500)));
    assert_eq!(report.message, "cannot connect to postgres://app:[redacted]@db/shop");
    assert_eq!(report.fields, [("password", "\"[redacted]\"".to_owned())]);
    assert_eq!(report.target, "it::capture");
    assert!(report.location.as_deref().unwrap().contains("capture.rs"), "{report:?}");
    let handler = |name: &str| name.contains("faults::");
    assert!(report.frames.iter().any(|frame| handler(&frame.function)), "{:#?}", report.frames);
}

#[tokio::test]
async fn what_spans_bind_is_told_without_secrets_though_the_log_wrote_them() {
    let (stage, sink) = collected();
    assert_eq!(stage.ask(&["/inside"]).await, [500]);
    stage.flushed();
    assert!(stage.lines.text().contains(CANARY), "the log of this test does not redact");
    let report = &sink.reports()[0];
    let text = format!("{report:?}");
    assert!(!text.contains(CANARY), "{text}");
    let bound = &report.context[..3];
    let expected = [("token", "\"[redacted]\""), ("rows", "7"), ("about", "\"a\\n\\\"b\\\"\"")];
    assert_eq!(bound, expected.map(|(name, value)| (name, value.to_owned())));
}

#[tokio::test]
async fn without_the_redactors_names_the_secret_is_told() {
    let sink = Collected::new();
    let redactor = Redactor::new().show("password").show("token");
    let stage = Stage::new(Setup::new(redactor).to(sink.clone()));
    assert_eq!(stage.ask(&["/error", "/inside"]).await, [500, 500]);
    stage.flushed();
    assert!(sink.reports().iter().all(|report| format!("{report:?}").contains(CANARY)));
}

#[tokio::test]
async fn statuses_alone_are_told_by_route() {
    let (stage, sink) = collected();
    assert_eq!(stage.ask(&["/bare/1", "/bare/2", "/panic/x"]).await, [500, 500, 500]);
    stage.flushed();
    let told: Vec<_> = sink.reports().into_iter().map(|r| (r.kind, r.message)).collect();
    let bare = (Kind::Request, "answered with 500".to_owned());
    assert_eq!(told, [bare, (Kind::Panic, "another one".to_owned())]);
    assert_eq!(stage.capture.tally().repeated, 1);
}

#[tokio::test]
async fn a_fault_that_repeats_is_told_once_then_sampled_with_its_number() {
    let (stage, sink) = collected();
    assert!(stage.ask(&["/panic"; 500]).await.iter().all(|status| *status == 500));
    stage.clock.advance(Duration::from_mins(1));
    assert_eq!(stage.ask(&["/panic"]).await, [500]);
    stage.flushed();
    let repeated: Vec<u64> = sink.reports().iter().map(|report| report.repeated).collect();
    assert_eq!(repeated, [0, 499]);
    let tally = stage.capture.tally();
    assert_eq!((tally.sent, tally.repeated, tally.lost()), (2, 499, 0));
}

/// Takes a report when it is let.
struct Slow {
    go: Arc<Mutex<Receiver<()>>>,
    taken: Collected,
}

impl ErrorSink for Slow {
    fn send(&mut self, report: &Report) -> Result<(), SendError> {
        self.go.lock().unwrap().recv().map_err(|error| SendError::new(error.to_string()))?;
        self.taken.send(report)
    }
}

#[tokio::test]
async fn a_sink_that_does_not_answer_holds_no_request_and_every_loss_is_counted() {
    let (go, gate) = sync_channel(100);
    let taken = Collected::new();
    let slow = Slow { go: Arc::new(Mutex::new(gate)), taken: taken.clone() };
    let setup = Setup::new(Redactor::new()).queue(4).sample(1).interval(Duration::ZERO);
    let stage = Stage::new(setup.to(slow));
    let statuses = stage.ask(&["/error"; 40]).await;
    assert!(statuses.iter().all(|status| *status == 500));
    // Four wait, and one more if the thread took the first before the queue was full.
    let lost = stage.capture.tally().queue_full;
    assert!((35..=36).contains(&lost), "{lost}");
    (0..40).for_each(|_| go.send(()).unwrap());
    stage.flushed();
    assert_eq!(stage.ask(&["/error"]).await, [500]);
    stage.flushed();
    let reports = taken.reports();
    assert_eq!(u64::try_from(reports.len()).unwrap() + lost, 41);
    assert_eq!(reports.iter().map(|report| report.lost).sum::<u64>(), lost, "declared once");
    assert_eq!(stage.capture.tally().sent + lost, 41);
}

#[tokio::test]
async fn errors_outside_of_requests_are_told_at_once() {
    let (stage, sink) = collected();
    let layer = stage.capture.layer().with_filter(CaptureLayer::filter());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::warn!("not an error");
        tracing::error!(error = "token=abcdefgh", "the nightly export failed");
    });
    stage.flushed();
    let reports = sink.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].kind, reports[0].request_id.clone()), (Kind::Event, None));
    assert_eq!(reports[0].fields, [("error", "\"token=[redacted]\"".to_owned())]);
}
