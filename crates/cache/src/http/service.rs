//! The service that answers from the cache or asks the inner one.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use palisade_core::Problem;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tower_service::Service;
use tracing::Instrument as _;

use super::HttpCache;
use super::answer::answer;
use super::body::HttpCacheBody;
use super::cache_status::Forward;
use super::exchange::{Exchange, Queue, Seat, linger};
use super::future::{Change, ResponseFuture};
use super::heeded::Heeded;
use super::holdings::{Plan, Question, host_of};
use super::page::{Found, Stored};
use super::policy::Decision;
use crate::flight::Boarding;
use crate::stats::Count;

/// Service of [`HttpCacheLayer`](super::HttpCacheLayer).
#[derive(Clone, Debug)]
pub struct HttpCacheService<S> {
    inner: S,
    cache: HttpCache,
}

/// What is to be done with a request that reads.
enum Look {
    Serve(Arc<Stored>, Option<HeaderValue>),
    /// Serve it, and get a new one.
    Refresh(Arc<Stored>),
    Ask(Option<Arc<Stored>>, Forward),
}

impl<S> HttpCacheService<S> {
    pub(super) const fn new(inner: S, cache: HttpCache) -> Self {
        Self { inner, cache }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for HttpCacheService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    ReqBody: Body + Send + 'static,
    ResBody: Body<Data = Bytes> + Send + 'static,
    ResBody::Error: Send,
{
    type Response = Response<HttpCacheBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let mut question = match self.cache.inner.plan(&parts, !body.is_end_stream()) {
            Plan::Look(question) => question,
            plan => {
                let change = match &plan {
                    Plan::Change(tags) => {
                        Some(Change::new(self.cache.clone(), tags.clone(), host_of(&parts)))
                    }
                    _ => None,
                };
                let is_bypass = matches!(plan, Plan::Bypass);
                if is_bypass {
                    self.cache.inner.tally.add(Count::Bypass);
                }
                let forward = if is_bypass { Forward::Bypass } else { Forward::Method };
                let asked = self.inner.call(Request::from_parts(parts, body));
                return ResponseFuture::passing(asked, self.cache.clone(), forward, change);
            }
        };
        let now = self.cache.inner.now();
        match self.look(&question, &parts.headers, now) {
            Look::Serve(stored, status) => {
                let status = status.as_ref();
                ResponseFuture::answered(answer(&stored, &question, &parts.headers, status, now))
            }
            Look::Refresh(stored) => {
                question.tags = self.cache.inner.tags(&parts);
                let answered = answer(&stored, &question, &parts.headers, None, now);
                if brings_what_is_kept(&question) {
                    self.refresh(question, stored, Request::from_parts(parts, body));
                }
                ResponseFuture::answered(answered)
            }
            Look::Ask(_, _) if question.asked.only_if_cached() => {
                ResponseFuture::answered(not_cached())
            }
            Look::Ask(previous, forward) => {
                question.tags = self.cache.inner.tags(&parts);
                self.ask(question, previous, forward, Request::from_parts(parts, body))
            }
        }
    }
}

impl<S> HttpCacheService<S> {
    fn look(&self, question: &Question, headers: &HeaderMap, now: Instant) -> Look {
        let inner = &self.cache.inner;
        let stored = match inner.find(question, headers) {
            Some(Found::Answer(stored)) => stored,
            missing => {
                inner.tally.add(Count::Miss);
                let forward = match missing {
                    Some(Found::Others) => Forward::VaryMiss,
                    Some(_) => Forward::Miss,
                    None => Forward::UriMiss,
                };
                return Look::Ask(None, forward);
            }
        };
        let (count, look) = match stored.policy.serve(&question.asked, now) {
            Decision::Fresh => (Count::Hit, Look::Serve(stored, inner.hit.clone())),
            Decision::Stale => {
                let status = stale(inner.settings.name).filter(|_| inner.settings.shows_status);
                (Count::Stale, Look::Serve(stored, status))
            }
            Decision::Refresh => (Count::Stale, Look::Refresh(stored)),
            _ => {
                let wanted = question.asked.without_wishes();
                let fresh = stored.policy.serve(&wanted, now) == Decision::Fresh;
                let forward = if fresh { Forward::Request } else { Forward::Stale };
                (Count::Miss, Look::Ask(Some(stored), forward))
            }
        };
        inner.tally.add(count);
        look
    }
}

/// Says whether the answer to a request may be kept: a part, an answer without its content, and one that is
/// not to be kept are nobody else's business.
fn brings_what_is_kept(question: &Question) -> bool {
    question.method == Method::GET
        && !question.heeded.has(Heeded::RANGE)
        && !question.asked.forbids_storing()
}

fn stale(name: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{name}; hit; detail=stale")).ok()
}

fn not_cached<B: From<Bytes>>() -> Response<B> {
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "not_cached")
        .detail("nothing that is stored will do, and the request allows nothing else")
        .prepare()
        .response()
}

impl<S> HttpCacheService<S> {
    fn take<ReqBody>(&mut self) -> S
    where
        S: Service<Request<ReqBody>> + Clone,
    {
        // The one that was ready goes; its clone has to become ready first.
        let clone = self.inner.clone();
        std::mem::replace(&mut self.inner, clone)
    }

    /// Gets a new answer that nobody waits for, unless that is under way.
    fn refresh<ReqBody, ResBody>(
        &mut self,
        question: Question,
        stored: Arc<Stored>,
        request: Request<ReqBody>,
    ) where
        S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Send + 'static,
        ReqBody: Send + 'static,
        ResBody: Body<Data = Bytes> + Send + 'static,
        ResBody::Error: Send,
    {
        let Ok(runtime) = Handle::try_current() else { return };
        let Boarding::Own(flight) = self.board(&question) else { return };
        let seat = Some(self.seat(&question, flight));
        let (headers, cache) = (request.headers().clone(), self.cache.clone());
        let (previous, forward) = (Some(stored), Forward::Stale);
        let most = cache.inner.settings.linger;
        let exchange = Exchange { cache, question, headers, previous, forward, seat };
        let (present, _) = oneshot::channel();
        let service = self.take();
        let run = async move {
            drop(linger(exchange.run(service, request), present, most).await);
        };
        drop(runtime.spawn(run.in_current_span()));
    }

    fn ask<ReqBody, ResBody>(
        &mut self,
        question: Question,
        previous: Option<Arc<Stored>>,
        forward: Forward,
        request: Request<ReqBody>,
    ) -> ResponseFuture<S::Future, ResBody, S::Error>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Send + 'static,
        ReqBody: Send + 'static,
        ResBody: Body<Data = Bytes> + Send + 'static,
        ResBody::Error: Send,
    {
        let headers = request.headers();
        let is_kept = brings_what_is_kept(&question);
        // What is said of an answer that is held is of use too.
        let tells = question.method == Method::HEAD
            && previous.is_some()
            && !question.asked.forbids_storing();
        let runtime = Handle::try_current().ok().filter(|_| is_kept || tells);
        let Some(runtime) = runtime else {
            let asked = self.inner.call(request);
            return ResponseFuture::passing(asked, self.cache.clone(), forward, None);
        };
        // What others wait for is what most would get.
        let is_plain = previous.is_some() || !question.heeded.has(Heeded::CONDITIONS);
        let names = question.asked.has_cookies() || question.asked.is_authorized();
        let leads = is_kept && is_plain && !(names && self.is_shared() && previous.is_none());
        let boarding = leads.then(|| self.board(&question));
        let (headers, cache) = (headers.clone(), self.cache.clone());
        let settings = &self.cache.inner.settings;
        let (waiters, most) = (settings.waiters, settings.linger);
        let service = self.take();
        let mut exchange = Exchange { cache, question, headers, previous, forward, seat: None };
        match boarding {
            Some(Boarding::Own(flight)) => {
                exchange.seat = Some(self.seat(&exchange.question, flight));
                let (present, waits) = oneshot::channel();
                let run = linger(exchange.run(service, request), present, most);
                ResponseFuture::spawned(runtime.spawn(run.in_current_span()), waits)
            }
            Some(Boarding::Other(flight)) if let Some(waiter) = flight.join(waiters) => {
                let queue = Queue { waiter, flight };
                ResponseFuture::asking(exchange.after(queue, service, request))
            }
            _ => ResponseFuture::asking(exchange.run(service, request)),
        }
    }

    fn is_shared(&self) -> bool {
        self.cache.inner.settings.identify.is_none()
    }

    fn board(&self, question: &Question) -> Boarding<Stored, ()> {
        let inner = &self.cache.inner;
        inner.flights.board(&question.key, &inner.eras, |_| true, || None)
    }

    fn seat(&self, question: &Question, flight: Arc<crate::flight::Flight<Stored>>) -> Seat {
        Seat { cache: self.cache.clone(), question: question.clone(), flight }
    }
}
