//! The future of an answer.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderValue, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::HttpCache;
use super::body::HttpCacheBody;
use super::cache_status::{Fate, Forward, append, forwarded};
use crate::entry::Tags;

type Asking<B, E> = Pin<Box<dyn Future<Output = Result<Response<HttpCacheBody<B>>, E>> + Send>>;

pin_project! {
    /// Response future of [`HttpCacheService`](super::HttpCacheService).
    pub struct ResponseFuture<F, B, E>
    where
        B: Body,
    {
        #[pin]
        state: State<F, B, E>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B, E>
    where
        B: Body,
    {
        Answered { response: Option<Response<HttpCacheBody<B>>> },
        Passing { #[pin] inner: F, cache: HttpCache, forward: Forward, change: Option<Change> },
        Asking { asking: Asking<B, E> },
    }
}

impl<F, B: Body, E> ResponseFuture<F, B, E> {
    pub(super) const fn answered(response: Response<HttpCacheBody<B>>) -> Self {
        Self { state: State::Answered { response: Some(response) } }
    }

    pub(super) const fn passing(
        inner: F,
        cache: HttpCache,
        forward: Forward,
        change: Option<Change>,
    ) -> Self {
        Self { state: State::Passing { inner, cache, forward, change } }
    }

    pub(super) fn asking(
        asking: impl Future<Output = Result<Response<HttpCacheBody<B>>, E>> + Send + 'static,
    ) -> Self {
        Self { state: State::Asking { asking: Box::pin(asking) } }
    }

    /// Waits for a task, which goes on for a while when this is dropped.
    pub(super) fn spawned(
        task: JoinHandle<Option<Result<Response<HttpCacheBody<B>>, E>>>,
        waits: oneshot::Receiver<Infallible>,
    ) -> Self
    where
        B: Send + 'static,
        B::Error: Send,
        E: Send + 'static,
    {
        Self::asking(async move {
            let _waits = waits;
            match task.await {
                Ok(Some(outcome)) => outcome,
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                // The runtime has ended, and this with it.
                _ => std::future::pending().await,
            }
        })
    }
}

impl<F, B, E> Future for ResponseFuture<F, B, E>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<HttpCacheBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            // Polled again after its answer, a future may wait for ever.
            StateProjection::Answered { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            StateProjection::Asking { asking } => asking.as_mut().poll(cx),
            StateProjection::Passing { inner, cache, forward, change } => {
                let mut response = ready!(inner.poll(cx))?;
                if let Some(change) = change.take() {
                    change.settle(&response);
                }
                let settings = &cache.inner.settings;
                if settings.shows_status {
                    let status = Some(response.status());
                    let member = forwarded(settings.name, *forward, status, Fate::Untried);
                    append(response.headers_mut(), member);
                }
                Poll::Ready(Ok(response.map(HttpCacheBody::direct)))
            }
        }
    }
}

impl<F, B: Body, E> fmt::Debug for ResponseFuture<F, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// A request that changes something: what is stored for its URI ends when it has succeeded, and also when
/// nobody learns whether it has.
pub(super) struct Change {
    cache: HttpCache,
    tags: Tags,
    host: Option<HeaderValue>,
    is_settled: bool,
}

impl Change {
    pub(super) const fn new(cache: HttpCache, tags: Tags, host: Option<HeaderValue>) -> Self {
        Self { cache, tags, host, is_settled: false }
    }

    fn settle<B>(mut self, response: &Response<B>) {
        let status = response.status();
        // An error of the server is one of these too: it says that nothing was done.
        self.is_settled = !(status.is_success() || status.is_redirection());
        if !self.is_settled {
            let host = self.host.as_ref().map_or(&[][..], HeaderValue::as_bytes);
            self.cache.inner.end_named(response.headers(), host.trim_ascii());
        }
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        if !self.is_settled {
            self.cache.inner.end(&self.tags);
        }
    }
}
