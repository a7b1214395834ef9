//! One line for each request, whatever becomes of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use palisade_core::{Clock, ManualClock};
use palisade_edge::{EdgeLayer, Forwarding, TrustedProxies};
use palisade_observe::log::{Captured, Format, LogLayer};
use palisade_observe::request::{Ids, NoteLayer, RequestId, RequestLogLayer, TraceContext, Trust};
use proptest::prelude::*;
use serde_json::Value;
use tower::{Layer, Service, ServiceExt};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::prelude::*;

const ADDRESS: [u8; 4] = [203, 0, 113, 9];

struct Stage {
    clock: ManualClock,
    lines: Captured,
}

impl Stage {
    fn new() -> Self {
        let clock = ManualClock::starting_at(Duration::from_hours(499_656));
        Self { clock, lines: Captured::new() }
    }

    fn layer(&self) -> RequestLogLayer {
        RequestLogLayer::new(Arc::new(self.clock.clone()), Ids::with_key([7; 16]))
    }

    fn lines(&self) -> Vec<Value> {
        self.lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The line of the only request.
    fn line(&self) -> Value {
        let lines = self.lines();
        let mut lines = lines.into_iter().filter(|line| line["message"] == "request");
        let line = lines.next().unwrap();
        assert!(lines.next().is_none(), "one line");
        line
    }

    async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let layer = LogLayer::new(clock).to(Format::Json, self.lines.clone());
        work.with_subscriber(tracing_subscriber::registry().with(layer)).await
    }
}

fn request(path: &str) -> Request<Body> {
    let mut request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((ADDRESS, 50123))));
    request
}

fn edge() -> EdgeLayer {
    EdgeLayer::new(TrustedProxies::none())
}

#[tokio::test]
async fn a_line_says_what_was_asked_by_whom_and_what_became_of_it() {
    let stage = Stage::new();
    let clock = stage.clock.clone();
    let app = Router::new()
        .route(
            "/students/{code}",
            get(move || async move {
                clock.advance(Duration::from_micros(1500));
                tracing::info!("inside");
                "hello"
            }),
        )
        .layer(NoteLayer::new().user(|_| Some("u7".to_owned())))
        .layer(stage.layer())
        .layer(edge());
    let response = stage
        .run(async {
            let response = app.oneshot(request("/students/S1?q=secret")).await.unwrap();
            let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
            (id, response.into_body().collect().await.unwrap().to_bytes())
        })
        .await;
    assert_eq!(response.1, "hello");
    let line = stage.line();
    let (context, fields) = (&line["context"], &line["fields"]);
    assert_eq!(context["request_id"], response.0);
    assert_eq!((&context["method"], &context["path"]), (&"GET".into(), &"/students/S1".into()));
    assert_eq!(context["client"], "203.0.113.9");
    assert_eq!(context["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!((&fields["status"], &fields["outcome"]), (&200.into(), &"answered".into()));
    assert_eq!((&fields["duration_us"], &fields["bytes_out"]), (&1500.into(), &5.into()));
    assert_eq!((&fields["route"], &fields["user"]), (&"/students/{code}".into(), &"u7".into()));
    let inside = stage.lines().into_iter().find(|line| line["message"] == "inside").unwrap();
    assert_eq!(inside["context"], line["context"], "events inside carry the same context");
    assert!(!stage.lines.text().contains("secret"), "the query is not written");
}

/// Ends after its frames, fails, or never ends.
struct Slow {
    frames: usize,
    end: Poll<Result<(), ()>>,
}

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        if self.frames == 0 {
            return self.end.map(|end| end.err().map(|()| Err(std::io::ErrorKind::Other.into())));
        }
        self.frames -= 1;
        Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"12345678")))))
    }
}

async fn outcome(
    frames: usize,
    end: Poll<Result<(), ()>>,
    read: usize,
    method: &str,
    length: Option<u64>,
) -> (Value, Value) {
    let stage = Stage::new();
    let service = tower::service_fn(move |_: Request<()>| async move {
        let mut response = Response::new(Slow { frames, end });
        if let Some(length) = length {
            response.headers_mut().insert("content-length", length.into());
        }
        Ok::<_, Infallible>(response)
    });
    stage
        .run(async {
            let request = Request::builder().method(method).uri("/").body(()).unwrap();
            let mut body = stage.layer().layer(service).oneshot(request).await.unwrap().into_body();
            for _ in 0..read {
                let _ = body.frame().await;
            }
        })
        .await;
    let line = stage.line();
    (line["fields"]["outcome"].clone(), line["fields"]["bytes_out"].clone())
}

#[tokio::test]
async fn a_client_that_hangs_up_is_seen() {
    let (ends, fails, hangs) = (Poll::Ready(Ok(())), Poll::Ready(Err(())), Poll::Pending);
    let table = [
        (2, ends, 3, "GET", None, "answered", 16),
        (2, ends, 1, "GET", None, "cut_off", 8),
        (2, hangs, 2, "GET", None, "cut_off", 16),
        (2, fails, 3, "GET", None, "failed", 16),
        (2, ends, 0, "GET", None, "cut_off", 0),
        // Servers ask no further when all has come that was promised, and not at all after HEAD.
        (2, hangs, 2, "GET", Some(16), "answered", 16),
        (2, hangs, 1, "GET", Some(16), "cut_off", 8),
        (2, hangs, 0, "HEAD", Some(16), "answered", 0),
    ];
    for (frames, end, read, method, length, expected, bytes) in table {
        let found = outcome(frames, end, read, method, length).await;
        assert_eq!(found, (expected.into(), bytes.into()), "{frames} {read} {method} {length:?}");
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_before_the_answer_is_seen_too() {
    let stage = Stage::new();
    let service = tower::service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<String>, Infallible>>()
    });
    stage
        .run(async {
            let mut service = stage.layer().layer(service);
            let waiting = service.call(Request::new(()));
            drop(waiting);
        })
        .await;
    assert_eq!(stage.line()["fields"]["outcome"], "given_up");
    assert_eq!(stage.line()["fields"]["status"], 0);
}

#[tokio::test]
async fn failures_are_errors_and_come_also_where_few_are_sampled() {
    let stage = Stage::new();
    let service = tower::service_fn(|request: Request<()>| async move {
        match request.uri().path() {
            "/error" => Err("broken"),
            path => {
                let mut response = Response::new(String::new());
                *response.status_mut() = StatusCode::from_u16(path[1..].parse().unwrap()).unwrap();
                Ok(response)
            }
        }
    });
    stage
        .run(async {
            let service = stage.layer().sample(u32::MAX).layer(service);
            for path in ["/200", "/304", "/404", "/500", "/503", "/error"] {
                let request = Request::get(path).body(()).unwrap();
                let _ = service.clone().oneshot(request).await;
            }
        })
        .await;
    let lines: Vec<(String, String)> = stage
        .lines()
        .iter()
        .map(|line| {
            (
                line["context"]["path"].as_str().unwrap().to_owned(),
                line["level"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let expected = [("/404", "INFO"), ("/500", "ERROR"), ("/503", "ERROR"), ("/error", "ERROR")];
    assert_eq!(lines, expected.map(|(path, level)| (path.to_owned(), level.to_owned())));
}

#[tokio::test]
async fn probes_have_no_line_and_what_looks_like_one_has() {
    let stage = Stage::new();
    let service = tower::service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    stage
        .run(async {
            let service = stage.layer().layer(service);
            for path in ["/health", "/health/live", "/health/ready", "/health/../admin"] {
                let response =
                    service.clone().oneshot(Request::get(path).body(()).unwrap()).await.unwrap();
                assert_eq!(response.headers().contains_key("x-request-id"), path.contains(".."));
            }
        })
        .await;
    assert_eq!(stage.line()["context"]["path"], "/health/../admin");
}

/// Ids and traces of strangers are not taken over; those of a trusted proxy are.
#[tokio::test]
async fn only_a_trusted_proxy_names_requests() {
    let (id, trace) =
        ("chosen-by-client", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let proxies =
        || TrustedProxies::in_ranges(["203.0.113.0/24"], Forwarding::XForwardedFor).unwrap();
    let table = [
        (TrustedProxies::none(), Trust::Proxies, false),
        (proxies(), Trust::Proxies, true),
        (proxies(), Trust::Nobody, false),
        (TrustedProxies::none(), Trust::Everybody, true),
    ];
    for (proxies, trust, taken) in table {
        let stage = Stage::new();
        let app = Router::new()
            .route("/", get(|id: axum::Extension<RequestId>| async move { id.to_string() }));
        let app = app.layer(stage.layer().trust(trust)).layer(EdgeLayer::new(proxies));
        let mut request = request("/");
        for (name, value) in
            [("x-request-id", id), ("traceparent", trace), ("x-forwarded-for", "198.51.100.1")]
        {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        stage
            .run(async { app.oneshot(request).await.unwrap().into_body().collect().await.unwrap() })
            .await;
        let line = stage.line();
        assert_eq!(line["context"]["request_id"] == id, taken);
        assert_eq!(line["context"]["trace_id"] == "0af7651916cd43dd8448eb211c80319c", taken);
    }
}

#[test]
fn ids_are_uuids_of_version_7_in_the_order_of_time_and_never_alike() {
    let ids = Ids::random().unwrap();
    let clock = ManualClock::starting_at(Duration::from_millis(0x0190_163d_8694));
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100_000 {
        let id = ids.request(clock.wall());
        let text = id.as_str();
        assert!(
            text.starts_with("0190163d-8694-7") && b"89ab".contains(&text.as_bytes()[19]),
            "{text}"
        );
        assert!(seen.insert(id));
    }
    let before = ids.request(clock.wall());
    clock.advance(Duration::from_millis(1));
    assert!(before.as_str() < ids.request(clock.wall()).as_str());
}

#[test]
fn trace_contexts_of_the_standard_and_broken_ones() {
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let read = TraceContext::parse(good).unwrap();
    assert_eq!(read.traceparent(), good);
    assert!(read.is_sampled());
    assert!(!TraceContext::parse(&good.replace("-01", "-02")).unwrap().is_sampled());
    assert!(TraceContext::parse(&format!("{good}-more").replacen("00", "cc", 1)).is_some());
    for bad in [
        "",
        "00",
        &good[..54],
        &good.to_uppercase(),
        &good.replacen("00", "ff", 1),
        &format!("{good}-more"),
        &format!(" {good}"),
        &format!("{good} "),
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        &good.replace("0af", "+af"),
        &good.replace('-', "_"),
    ] {
        assert!(TraceContext::parse(bad).is_none(), "{bad:?}");
    }
    let mut twice = http::HeaderMap::new();
    twice.append("traceparent", good.parse().unwrap());
    assert!(TraceContext::of(&twice).is_some());
    twice.append("traceparent", good.parse().unwrap());
    assert!(TraceContext::of(&twice).is_none());
}

proptest! {
    #[test]
    fn what_we_write_we_read(trace in 1_u128.., span in 1_u64..) {
        let text = format!("00-{trace:032x}-{span:016x}-00");
        prop_assert_eq!(TraceContext::parse(&text).unwrap().traceparent(), text);
    }
}
