//! The layer that lets only allowed hosts in.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use palisade_core::SecurityEvent;
use tower_layer::Layer;
use tower_service::Service;

use super::{AllowedHosts, HostRefusal};
use crate::external_url::Target;
use crate::refusal::{AsProblem, Refusal, Rejection, ResponseFuture};
use crate::{ExemptPaths, ExternalUrl};

/// Layer that answers for allowed hosts only: 400 without exactly one valid host, 421 for another.
///
/// Stands inside [`EdgeLayer`](crate::EdgeLayer), so that behind a proxy the host of the browser
/// counts. Health checks, which know no host name, pass.
///
/// # Cost
///
/// No allocation for an allowed host of up to 56 bytes.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct AllowedHostsLayer<R = AsProblem> {
    rules: Arc<Rules<R>>,
}

#[derive(Clone)]
struct Rules<R> {
    exempt: ExemptPaths,
    hosts: AllowedHosts,
    rejection: R,
}

impl AllowedHostsLayer {
    /// Answers for these hosts.
    pub fn new(hosts: AllowedHosts) -> Self {
        let exempt = ExemptPaths::health();
        Self { rules: Arc::new(Rules { exempt, hosts, rejection: AsProblem }) }
    }
}

impl<R> AllowedHostsLayer<R> {
    /// Returns the hosts.
    #[must_use]
    pub fn hosts(&self) -> &AllowedHosts {
        &self.rules.hosts
    }
}

impl<R: Clone> AllowedHostsLayer<R> {
    /// Lets these paths answer whatever the host is; [`ExemptPaths::health`] unless called.
    pub fn exempt(self, paths: ExemptPaths) -> Self {
        let rules = Arc::unwrap_or_clone(self.rules);
        Self { rules: Arc::new(Rules { exempt: paths, ..rules }) }
    }

    /// Answers refused requests with `rejection`, a `Fn(&HostRefusal) -> Response<B>`.
    pub fn with_rejection<Q>(self, rejection: Q) -> AllowedHostsLayer<Q> {
        let Rules { exempt, hosts, .. } = Arc::unwrap_or_clone(self.rules);
        AllowedHostsLayer { rules: Arc::new(Rules { exempt, hosts, rejection }) }
    }
}

impl<R> fmt::Debug for AllowedHostsLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllowedHostsLayer")
            .field("hosts", &self.rules.hosts)
            .field("exempt", &self.rules.exempt)
            .finish_non_exhaustive()
    }
}

impl<S, R> Layer<S> for AllowedHostsLayer<R> {
    type Service = AllowedHostsGuard<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        AllowedHostsGuard { inner, rules: Arc::clone(&self.rules) }
    }
}

/// Service of [`AllowedHostsLayer`]; a clone is one reference.
pub struct AllowedHostsGuard<S, R = AsProblem> {
    inner: S,
    rules: Arc<Rules<R>>,
}

impl<S: Clone, R> Clone for AllowedHostsGuard<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), rules: Arc::clone(&self.rules) }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for AllowedHostsGuard<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllowedHostsGuard").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for AllowedHostsGuard<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: Rejection<HostRefusal, ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let rules = &self.rules;
        if !rules.exempt.contains(request.method(), request.uri()) {
            let url = request.extensions().get::<ExternalUrl>();
            if let Err(refusal) = rules.hosts.check(Target::from(&request), url) {
                report_refusal(refusal);
                return ResponseFuture::answered(rules.rejection.answer(&refusal));
            }
        }
        ResponseFuture::passed(self.inner.call(request))
    }
}

fn report_refusal(refusal: HostRefusal) {
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::InputValidationFail.as_str(),
        code = refusal.code(),
        reason = %refusal,
        "a request for a host that is not ours was refused"
    );
}
