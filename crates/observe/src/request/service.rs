//! Service and response future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body;
use palisade_edge::ClientIp;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::layer::Shared;
use super::line::{Outcome, Pending, TARGET};
use super::{Observed, RequestId, ResponseBody};
use crate::suspicion::Signs;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware that writes one line for each request; see
/// [`RequestLogLayer`](super::RequestLogLayer).
#[derive(Clone)]
pub struct RequestLog<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> RequestLog<S> {
    pub(super) const fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }

    fn begin(&self, parts: &Parts) -> Pending {
        let (id, trace) = self.shared.name(parts);
        let client = parts.extensions.get::<ClientIp>().map(ClientIp::address);
        let path = parts.uri.path();
        let method = crate::escape::prefix(parts.method.as_str(), 32);
        let span = tracing::info_span!(
            target: TARGET, "request",
            request_id = id.as_str(),
            trace_id = trace.digits(&mut [0; 32]),
            method,
            path = &*self.shared.shown(path),
            client = client.map(tracing::field::display),
        );
        let observed = Observed::new(id, trace);
        crate::query::attach(&span, &observed);
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        Pending {
            shared: Arc::clone(&self.shared),
            span,
            observed,
            begin: self.shared.clock.now(),
            client,
            bytes_in: length.and_then(|length| length.parse().ok()),
            seen: self
                .shared
                .detector
                .as_ref()
                .map(|detector| detector.see(path))
                .unwrap_or_default(),
            signs: if self.shared.detector.is_some() { Signs::of(parts) } else { Signs::NONE },
            status: None,
            bytes_out: 0,
            outcome: Outcome::GivenUp,
            written: false,
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for RequestLog<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RequestLog<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        if self.shared.exempt.contains(request.method(), request.uri()) {
            return ResponseFuture {
                inner: self.inner.call(request),
                pending: None,
                no_body: false,
            };
        }
        let (mut parts, body) = request.into_parts();
        let pending = self.begin(&parts);
        parts.extensions.insert::<RequestId>(pending.observed.id().clone());
        parts.extensions.insert(pending.observed.clone());
        let no_body = parts.method == Method::HEAD;
        let span = pending.span.clone();
        let inner = span.in_scope(|| self.inner.call(Request::from_parts(parts, body)));
        ResponseFuture { inner, pending: Some(pending), no_body }
    }
}

pin_project! {
    /// Response future of [`RequestLog`].
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        pending: Option<Pending>,
        no_body: bool,
    }
}

impl<F: fmt::Debug> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<F, ResBody, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    ResBody: Body,
{
    type Output = Result<Response<ResponseBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answered = match this.pending {
            Some(pending) => {
                let _in = pending.span.enter();
                ready!(this.inner.poll(cx))
            }
            None => ready!(this.inner.poll(cx)),
        };
        let mut pending = this.pending.take();
        let mut response = match answered {
            Ok(response) => response,
            Err(error) => {
                if let Some(pending) = &mut pending {
                    pending.finish(Outcome::Failed);
                }
                return Poll::Ready(Err(error));
            }
        };
        if let Some(pending) = &mut pending {
            pending.status = Some(response.status());
            pending.outcome = Outcome::CutOff;
            if let Ok(id) = HeaderValue::from_str(pending.observed.id().as_str()) {
                response.headers_mut().insert(REQUEST_ID, id);
            }
        }
        let no_body = *this.no_body;
        Poll::Ready(Ok(ResponseBody::of(response, pending, no_body)))
    }
}
