//! The service of the layer.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use palisade_core::SecurityEvent;
use tower_service::Service;

use super::{Desk, EdgeRefusal, OnUnidentified, peer_of};
use crate::external_url::Target;
use crate::refusal::{Refusal, Rejection, ResponseFuture};
use crate::{ClientIp, ExternalUrl, Peer};

/// Service of [`EdgeLayer`](crate::EdgeLayer); a clone is one reference.
pub struct Edge<S, R = crate::refusal::AsProblem> {
    inner: S,
    desk: Arc<Desk<R>>,
}

impl<S, R> Edge<S, R> {
    pub(super) const fn new(inner: S, desk: Arc<Desk<R>>) -> Self {
        Self { inner, desk }
    }
}

impl<S: Clone, R> Clone for Edge<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), desk: Arc::clone(&self.desk) }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Edge<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Edge<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: Rejection<EdgeRefusal, ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let peer = peer_of(request.extensions());
        match self.desk.identify(peer, Target::from(&request)) {
            Ok((client, url)) => {
                let extensions = request.extensions_mut();
                extensions.insert(client);
                extensions.insert(url);
            }
            Err(refusal) => {
                let passes = self.desk.unidentified == OnUnidentified::Strip
                    || self.desk.exempt.contains(request.method(), request.uri());
                if !passes {
                    report_refusal(peer, refusal);
                    if !self.desk.gated {
                        return ResponseFuture::answered(self.desk.rejection.answer(&refusal));
                    }
                    request.extensions_mut().insert(refusal);
                }
                request.extensions_mut().remove::<ClientIp>();
                request.extensions_mut().remove::<ExternalUrl>();
                self.desk.strip(request.headers_mut());
            }
        }
        ResponseFuture::passed(self.inner.call(request))
    }
}

fn report_refusal(peer: Option<Peer>, refusal: EdgeRefusal) {
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::InputValidationFail.as_str(),
        code = refusal.code(),
        reason = %refusal,
        peer = peer.map(|peer| tracing::field::display(peer.address())),
        "a request of unknown origin was refused"
    );
}

/// Reports a forwarding header from somebody who is no proxy; its value is not repeated.
pub(super) fn report_spoofing(peer: &Peer) {
    tracing::info!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::MaliciousExtraneous.as_str(),
        code = "untrusted_forwarding",
        peer = %peer.address(),
        "a forwarding header from an untrusted peer was ignored"
    );
}
