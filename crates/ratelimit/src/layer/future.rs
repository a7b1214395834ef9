//! The future of the layer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use palisade_edge::refusal::Rejection;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::service::{mark, refuse};
use super::{Desk, ResponseBody};
use crate::head::Head;
use crate::limits::{Admission, RateLimited};
use crate::store::Store;

/// What a store that waits will have said.
type Settling = Pin<Box<dyn Future<Output = Result<Admission, RateLimited>> + Send>>;

/// What is given back to a store that waits.
type Refunding = Pin<Box<dyn Future<Output = ()> + Send>>;

pin_project! {
    /// Response future: the store's answer if it waits, then the inner service's.
    pub struct ResponseFuture<S, R, ReqBody, ResBody>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, S::Future, R, ReqBody, ResBody>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F, R, ReqBody, ResBody> {
        Answered { response: Option<Response<ResponseBody<ResBody>>> },
        Passed { #[pin] future: F, admission: Admission, store: Option<Arc<dyn Store>> },
        Refunding { refund: Refunding, response: Option<Response<ResponseBody<ResBody>>> },
        Waiting { verdict: Settling, parts: Option<(S, Request<ReqBody>)>, desk: Arc<Desk<R>> },
    }
}

impl<S, R, ReqBody, ResBody> ResponseFuture<S, R, ReqBody, ResBody>
where
    S: Service<Request<ReqBody>>,
{
    pub(super) const fn answered(response: Response<ResponseBody<ResBody>>) -> Self {
        Self { state: State::Answered { response: Some(response) } }
    }

    pub(super) const fn passed(
        future: S::Future,
        admission: Admission,
        store: Option<Arc<dyn Store>>,
    ) -> Self {
        Self { state: State::Passed { future, admission, store } }
    }

    pub(super) const fn waiting(
        verdict: Settling,
        ready: S,
        request: Request<ReqBody>,
        desk: Arc<Desk<R>>,
    ) -> Self {
        Self { state: State::Waiting { verdict, parts: Some((ready, request)), desk } }
    }
}

impl<S, R, ReqBody, ResBody> Future for ResponseFuture<S, R, ReqBody, ResBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: Rejection<RateLimited, ResBody>,
{
    type Output = Result<Response<ResponseBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                // Polled again after the answer, a future may wait for ever.
                StateProjection::Answered { response } => {
                    return response.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)));
                }
                StateProjection::Passed { future, admission, store } => {
                    let mut response = ready!(future.poll(cx))?;
                    admission.put_fields(response.headers_mut());
                    let permits = admission.permits();
                    let status = response.status();
                    let response = response.map(|body| ResponseBody::new(body, permits));
                    // Without a store there is nothing to be given back.
                    let Some(store) = store.take() else { return Poll::Ready(Ok(response)) };
                    let refund = admission.refund(status);
                    if refund.is_empty() || store.refund_now(&refund) {
                        return Poll::Ready(Ok(response));
                    }
                    let refund = Box::pin(async move {
                        // What is not given back is earned back in time.
                        let _ = store.refund(&refund).await;
                    });
                    State::Refunding { refund, response: Some(response) }
                }
                StateProjection::Refunding { refund, response } => {
                    ready!(refund.as_mut().poll(cx));
                    return response.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)));
                }
                StateProjection::Waiting { verdict, parts, desk } => {
                    let settled = ready!(verdict.as_mut().poll(cx));
                    let Some((mut inner, mut request)) = parts.take() else { return Poll::Pending };
                    let shared = &desk.limits.shared;
                    match settled {
                        Err(refused) => {
                            shared.report(&Head::from(&request), &refused);
                            let response = Some(refuse(&desk.rejection, refused));
                            State::Answered { response }
                        }
                        Ok(admission) => {
                            mark(&admission, &mut request);
                            let store = admission.refunds().then(|| Arc::clone(&shared.store));
                            State::Passed { future: inner.call(request), admission, store }
                        }
                    }
                }
            };
            this.state.set(next);
        }
    }
}

impl<S, R, ReqBody, ResBody> fmt::Debug for ResponseFuture<S, R, ReqBody, ResBody>
where
    S: Service<Request<ReqBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
