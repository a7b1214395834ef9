//! The layer that leads to https.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, Request, Response, StatusCode};
use palisade_core::{Clock, SecurityEvent};
use tower_layer::Layer;
use tower_service::Service;

use super::{HttpsDecision, HttpsPolicy, HttpsRefusal};
use crate::external_url::Target;
use crate::finding::Watch;
use crate::refusal::{AsProblem, Refusal, Rejection, ResponseFuture};
use crate::{ExternalUrl, Finding};

/// Layer that applies an [`HttpsPolicy`]: 308 to https, or 403 where that would hide a leak.
///
/// Stands inside [`EdgeLayer`](crate::EdgeLayer), whose [`ExternalUrl`] it decides by.
///
/// # Cost
///
/// Nothing is allocated for a request over https.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct HttpsRedirectLayer<R = AsProblem> {
    rules: Arc<Rules<R>>,
}

#[derive(Clone)]
struct Rules<R> {
    policy: HttpsPolicy,
    rejection: R,
    watch: Arc<Watch>,
}

impl HttpsRedirectLayer {
    /// Applies the policy.
    pub fn new(policy: HttpsPolicy) -> Self {
        let watch = Arc::new(Watch::new());
        Self { rules: Arc::new(Rules { policy, rejection: AsProblem, watch }) }
    }
}

impl<R: Clone> HttpsRedirectLayer<R> {
    /// Measures by this clock how long a [`Finding`] stays untold.
    pub fn with_clock(self, clock: impl Clock) -> Self {
        let rules = Arc::unwrap_or_clone(self.rules);
        let watch = Arc::new(Watch::with_clock(Arc::new(clock)));
        Self { rules: Arc::new(Rules { watch, ..rules }) }
    }

    /// Answers refused requests with `rejection`, a `Fn(&HttpsRefusal) -> Response<B>`.
    pub fn with_rejection<Q>(self, rejection: Q) -> HttpsRedirectLayer<Q> {
        let Rules { policy, watch, .. } = Arc::unwrap_or_clone(self.rules);
        HttpsRedirectLayer { rules: Arc::new(Rules { policy, rejection, watch }) }
    }
}

impl<R> fmt::Debug for HttpsRedirectLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpsRedirectLayer")
            .field("policy", &self.rules.policy)
            .finish_non_exhaustive()
    }
}

impl<S, R> Layer<S> for HttpsRedirectLayer<R> {
    type Service = HttpsRedirect<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        HttpsRedirect { inner, rules: Arc::clone(&self.rules) }
    }
}

/// Service of [`HttpsRedirectLayer`]; a clone is one reference.
pub struct HttpsRedirect<S, R = AsProblem> {
    inner: S,
    rules: Arc<Rules<R>>,
}

impl<S: Clone, R> Clone for HttpsRedirect<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), rules: Arc::clone(&self.rules) }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for HttpsRedirect<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpsRedirect").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for HttpsRedirect<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: Rejection<HttpsRefusal, ResBody>,
    ResBody: From<Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let rules = &self.rules;
        let url = request.extensions().get::<ExternalUrl>();
        match rules.policy.decide(request.method(), Target::from(&request), url) {
            HttpsDecision::Pass => ResponseFuture::passed(self.inner.call(request)),
            HttpsDecision::Redirect(location) => ResponseFuture::answered(redirect(location)),
            HttpsDecision::Refuse(refusal) => {
                if refusal == HttpsRefusal::NoUrl {
                    rules.watch.tell(Finding::UrlMissing);
                }
                report_refusal(refusal);
                ResponseFuture::answered(rules.rejection.answer(&refusal))
            }
        }
    }
}

fn redirect<B: From<Bytes>>(location: HeaderValue) -> Response<B> {
    let mut response = Response::new(B::from(Bytes::new()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response
}

fn report_refusal(refusal: HttpsRefusal) {
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::AuthorizationFail.as_str(),
        code = refusal.code(),
        reason = %refusal,
        "a request in clear was refused"
    );
}
