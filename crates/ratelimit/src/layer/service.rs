//! The service of the layer.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use palisade_edge::refusal::Rejection;
use smallvec::SmallVec;
use tower_service::Service;

use super::{Desk, ResponseBody, ResponseFuture};
use crate::head::Head;
use crate::limits::{Admission, Asked, RateLimited};
use crate::store::Act;

/// Service of [`RateLimitLayer`](super::RateLimitLayer); a clone is one reference.
pub struct RateLimit<S, R = palisade_edge::refusal::AsProblem> {
    inner: S,
    desk: Arc<Desk<R>>,
}

impl<S, R> RateLimit<S, R> {
    pub(super) const fn new(inner: S, desk: Arc<Desk<R>>) -> Self {
        Self { inner, desk }
    }
}

impl<S: Clone, R> Clone for RateLimit<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), desk: Arc::clone(&self.desk) }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for RateLimit<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for RateLimit<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    R: Rejection<RateLimited, ResBody>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, ReqBody, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let shared = &self.desk.limits.shared;
        shared.sample(request.extensions_mut());
        let head = Head::from(&request);
        let rules = shared.rules();
        if rules.exempt.contains(head.method(), head.uri()) {
            return ResponseFuture::passed(self.inner.call(request), Admission::default(), None);
        }
        let (mut asked, mut admission) = (Asked::default(), Admission::default());
        let mut settled = shared.ask(&rules, &head, &mut asked);
        if settled.is_ok() {
            let verdict = shared.store.decide_now(asked.asks(), Act::Charge);
            // By reference: a verdict is large.
            let Some(verdict) = &verdict else {
                // The one that was ready answers this call; its clone waits for the next.
                let clone = self.inner.clone();
                let ready = std::mem::replace(&mut self.inner, clone);
                let (desk, limits) = (Arc::clone(&self.desk), self.desk.limits.clone());
                let rules = Arc::clone(&rules);
                let verdict = Box::pin(async move { limits.shared.wait(rules, asked).await });
                return ResponseFuture::waiting(verdict, ready, request, desk);
            };
            settled = shared.settle(&rules, &mut asked, verdict, &mut admission);
        }
        if let Err(refused) = settled {
            shared.report(&head, &refused);
            return ResponseFuture::answered(refuse(&self.desk.rejection, refused));
        }
        mark(&admission, &mut request);
        let store = admission.refunds().then(|| Arc::clone(&shared.store));
        ResponseFuture::passed(self.inner.call(request), admission, store)
    }
}

/// Tells the application what it may answer more cheaply.
pub(super) fn mark<B>(admission: &Admission, request: &mut Request<B>) {
    if let Some(soft) = admission.soft_limited() {
        request.extensions_mut().insert(soft);
    }
}

/// Makes the answer to a refused request; what the rejection has set stays.
pub(super) fn refuse<R, B>(rejection: &R, mut refused: RateLimited) -> Response<ResponseBody<B>>
where
    R: Rejection<RateLimited, B>,
{
    let response = if rejection.is_problem() {
        // Moved into the answer, which would copy them.
        let lines = std::mem::take(&mut refused.lines);
        let mut response = rejection.answer(&refused);
        lines.set(response.headers_mut());
        response
    } else {
        let mut response = rejection.answer(&refused);
        refused.complete(response.headers_mut());
        response
    };
    response.map(|body| ResponseBody::new(body, SmallVec::new()))
}
