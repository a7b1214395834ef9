//! A service whose requests are repeated.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use palisade_core::Clock;
use tower_service::Service;

use super::future::ResponseFuture;
use super::layer::Parts;
use super::replay::{self, Replay};
use super::{CloneBody, HttpJudge, Judge};
use crate::RuntimeClock;
use crate::deadline::{CarriesDeadline, DeadlineError};

/// Service that sends a request again where that is safe and may help.
///
/// The first try goes to the service that said it is ready; a clone takes its place for the next
/// caller. Each repetition waits until the service of its call is ready again.
#[derive(Debug)]
pub struct RetryService<S, R = CloneBody, J = HttpJudge> {
    pub(super) inner: S,
    pub(super) parts: Arc<Parts<R, J>>,
}

impl<S: Clone, R, J> Clone for RetryService<S, R, J> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), parts: Arc::clone(&self.parts) }
    }
}

impl<S, R, J, ReqBody, ResBody> Service<Request<ReqBody>> for RetryService<S, R, J>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    R: Replay<ReqBody>,
    J: Judge<Response<ResBody>, S::Error>,
{
    type Response = S::Response;
    type Error = DeadlineError<S::Error>;
    type Future = ResponseFuture<S, R, J, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(DeadlineError::Inner)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let Parts { retry, replay, .. } = &*self.parts;
        let deadline = request.deadline();
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        let parts = Arc::clone(&self.parts);
        let limit = match retry.try_deadline(deadline, RuntimeClock::new().now()) {
            Ok(limit) => limit,
            Err(exceeded) => return ResponseFuture::too_late(ready, parts, exceeded),
        };
        retry.pay_in();
        let more = retry.shared.policy.has_more_after(1);
        let spare = if more { replay::spare(&request, replay) } else { None };
        if let Some(limit) = limit {
            request.set_deadline(limit);
        }
        ResponseFuture::calling(ready, parts, request, spare, (deadline, limit))
    }
}
