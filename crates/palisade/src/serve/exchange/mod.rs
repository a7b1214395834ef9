//! One request and its answer.

mod request;
mod response;
mod running;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};
use palisade_core::{PreparedProblem, Problem};
use palisade_edge::Peer;
use pin_project_lite::pin_project;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

pub use request::RequestBody;
pub use response::ResponseBody;
pub(super) use running::Running;

use super::Phase;
use super::seat::Seat;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The application as a connection sees it.
pub(super) struct Exchanges<A> {
    pub(super) app: TowerToHyperService<A>,
    pub(super) seat: Seat,
    pub(super) peer: Peer,
    pub(super) shared: Arc<Shared>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// What all exchanges of a server have in common.
#[derive(Debug)]
pub(super) struct Shared {
    /// Until the head of an answer.
    limit: Duration,
    /// Each running request holds a receiver.
    pub(super) requests: watch::Sender<()>,
    incomplete: PreparedProblem,
    late: PreparedProblem,
    failed: PreparedProblem,
}

impl Shared {
    pub(super) fn new(limit: Duration) -> Self {
        let incomplete = Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout")
            .detail("the request was not complete in time");
        let late = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "deadline_exceeded")
            .detail("the server did not answer in time")
            .retry_after(Duration::from_secs(1));
        let failed = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal");
        Self {
            limit,
            requests: watch::Sender::new(()),
            incomplete: guarded(&incomplete),
            late: guarded(&late),
            failed: guarded(&failed),
        }
    }
}

/// No layer stands around what the server says itself: it brings its own headers.
fn guarded(problem: &Problem) -> PreparedProblem {
    let mut problem = problem.prepare();
    let headers = problem.headers_mut();
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    problem
}

impl<A, B> hyper::service::Service<Request<Incoming>> for Exchanges<A>
where
    A: Service<Request<RequestBody>, Response = Response<B>> + Clone,
    A::Error: Into<BoxError>,
    B: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = BoxError;
    type Future = ResponseFuture<TowerToHyperServiceFuture<A, Request<RequestBody>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let version = request.version();
        let (mut head, body) = request.into_parts();
        head.extensions.insert(self.peer);
        #[cfg(feature = "axum")]
        head.extensions.insert(axum::extract::ConnectInfo(self.peer.address()));
        let (body, arrived) = RequestBody::new(body);
        ResponseFuture {
            // One that was told to go takes no request.
            running: Running::begin(&self.seat, version, &self.shared),
            answer: self.app.call(Request::from_parts(head, body)),
            deadline: sleep(self.shared.limit),
            shared: Arc::clone(&self.shared),
            phase: self.phase.clone(),
            arrived,
            version,
        }
    }
}

pin_project! {
    /// The answer of the application, or of the server where there is none in time.
    pub(super) struct ResponseFuture<F> {
        #[pin]
        answer: F,
        #[pin]
        deadline: Sleep,
        running: Option<Running>,
        shared: Arc<Shared>,
        phase: watch::Receiver<Phase>,
        arrived: Option<Arc<AtomicBool>>,
        version: Version,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<ResponseBody<B>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(running) = this.running else {
            return Poll::Ready(Err("the connection made room for another".into()));
        };
        let own = |problem: &PreparedProblem| problem.response().map(ResponseBody::own);
        let mut last = *this.phase.borrow() != Phase::Serving;
        let mut response = match this.answer.poll(cx) {
            Poll::Ready(Ok(response)) => response.map(ResponseBody::of_app),
            Poll::Ready(Err(error)) => {
                let error: BoxError = error.into();
                tracing::error!(%error, "the application failed");
                own(&this.shared.failed)
            }
            Poll::Pending if this.deadline.poll(cx).is_ready() => {
                let arrived = this.arrived.as_ref();
                if arrived.is_none_or(|arrived| arrived.load(Ordering::Relaxed)) {
                    own(&this.shared.late)
                } else {
                    // What is left of the body will not be waited for.
                    last = true;
                    own(&this.shared.incomplete)
                }
            }
            Poll::Pending => return Poll::Pending,
        };
        // HTTP/2 says so by a frame (RFC 9113 8.2.2).
        if last && *this.version < Version::HTTP_2 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            running.stay();
        }
        Poll::Ready(Ok(response.map(|body| body.during(this.running.take()))))
    }
}
