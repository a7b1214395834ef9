//! The answer of a service whose requests are repeated.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use palisade_core::Clock;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, Timeout, sleep, sleep_until, timeout_at};
use tower_service::Service;

use super::layer::Parts;
use super::replay::{self, Replay};
use super::{Judge, Retry, Stop, Verdict};
use crate::RuntimeClock;
use crate::deadline::{CarriesDeadline, Deadline, DeadlineError, DeadlineExceeded};

pin_project! {
    /// Response future of [`RetryService`](super::RetryService).
    pub struct ResponseFuture<S, R, J, B>
    where
        S: Service<Request<B>>,
    {
        inner: S,
        parts: Arc<Parts<R, J>>,
        // The same request for the next try, where there may be one.
        spare: Option<Request<B>>,
        deadline: Option<Deadline>,
        done: u8,
        #[pin]
        stage: Stage<S::Future>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        TooLate { exceeded: DeadlineExceeded },
        Trying { #[pin] call: F },
        TryingUntil { #[pin] call: Timeout<F> },
        Waiting { #[pin] wait: Sleep },
        // Waiting for the inner service, no longer than the limit of the try.
        Readying { limit: Option<Deadline>, #[pin] timer: Option<Sleep> },
    }
}

impl<F: Future> Stage<F> {
    fn trying(call: F, limit: Option<Deadline>) -> Self {
        match limit {
            Some(limit) => Self::TryingUntil { call: timeout_at(limit.moment().into(), call) },
            None => Self::Trying { call },
        }
    }
}

impl<S, R, J, B> ResponseFuture<S, R, J, B>
where
    S: Service<Request<B>>,
{
    pub(super) const fn too_late(
        inner: S,
        parts: Arc<Parts<R, J>>,
        exceeded: DeadlineExceeded,
    ) -> Self {
        let stage = Stage::TooLate { exceeded };
        Self { inner, parts, spare: None, deadline: None, done: 0, stage }
    }

    /// Makes the first try with a service that is ready.
    pub(super) fn calling(
        mut inner: S,
        parts: Arc<Parts<R, J>>,
        request: Request<B>,
        spare: Option<Request<B>>,
        (deadline, limit): (Option<Deadline>, Option<Deadline>),
    ) -> Self {
        let stage = Stage::trying(inner.call(request), limit);
        Self { inner, parts, spare, deadline, done: 0, stage }
    }
}

impl<S, R, J, B, T> Future for ResponseFuture<S, R, J, B>
where
    S: Service<Request<B>, Response = Response<T>>,
    R: Replay<B>,
    J: Judge<Response<T>, S::Error>,
{
    type Output = Result<S::Response, DeadlineError<S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Parts { retry, replay, judge } = &**this.parts;
        loop {
            let result = match this.stage.as_mut().project() {
                StageProjection::TooLate { exceeded } => {
                    return Poll::Ready(Err((*exceeded).into()));
                }
                StageProjection::Trying { call } => Ok(ready!(call.poll(cx))),
                StageProjection::TryingUntil { call } => {
                    ready!(call.poll(cx)).map_err(|_| DeadlineExceeded::counted())
                }
                StageProjection::Waiting { wait } => {
                    ready!(wait.poll(cx));
                    let limit = retry.try_deadline(*this.deadline, RuntimeClock::new().now())?;
                    let timer = limit.map(|limit| sleep_until(limit.moment().into()));
                    this.stage.set(Stage::Readying { limit, timer });
                    continue;
                }
                StageProjection::Readying { limit, timer } => {
                    let limit = *limit;
                    if this.inner.poll_ready(cx).map_err(DeadlineError::Inner)?.is_pending() {
                        if let Some(timer) = timer.as_pin_mut() {
                            ready!(timer.poll(cx));
                            return Poll::Ready(Err(DeadlineExceeded::counted().into()));
                        }
                        return Poll::Pending;
                    }
                    // It is there: a wait is granted to none that has no spare.
                    let Some(mut request) = this.spare.take() else {
                        return Poll::Ready(Err(DeadlineExceeded::counted().into()));
                    };
                    if retry.shared.policy.has_more_after(this.done.saturating_add(1)) {
                        *this.spare = replay::spare(&request, replay);
                    }
                    if let Some(limit) = limit {
                        request.set_deadline(limit);
                    }
                    this.stage.set(Stage::trying(this.inner.call(request), limit));
                    continue;
                }
            };
            *this.done = this.done.saturating_add(1);
            let verdict = result.as_ref().map_or(Verdict::Again, |result| judge.judge(result));
            let wait = if this.spare.is_some() || !retry.shared.policy.has_more_after(*this.done) {
                retry.wait_after(*this.done, verdict, *this.deadline)
            } else {
                if verdict != Verdict::Done {
                    Retry::stopped(*this.done, Stop::NotRepeatable);
                }
                None
            };
            match wait {
                Some(wait) => this.stage.set(Stage::Waiting { wait: sleep(wait) }),
                None => return Poll::Ready(result?.map_err(DeadlineError::Inner)),
            }
        }
    }
}

impl<S, R, J, B> fmt::Debug for ResponseFuture<S, R, J, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("tries", &self.done).finish_non_exhaustive()
    }
}
