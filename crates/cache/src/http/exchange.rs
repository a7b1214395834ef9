//! A request that goes on to the inner service, and what becomes of its answer.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, DATE, HeaderMap, HeaderName};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use tokio::sync::oneshot;
use tower_service::Service;

use super::HttpCache;
use super::answer::answer;
use super::body::{HttpCacheBody, Read, read};
use super::cache_status::{Fate, Forward, append, forwarded};
use super::holdings::Question;
use super::page::Stored;
use super::policy::{Decision, Policy, Refusal, Selection, Times, freshen, has_nonce, strip};
use crate::error::LoadError;
use crate::flight::{Flight, Landing, Waiter};
use crate::stats::Count;

/// What is needed to ask the inner service and to keep what it says.
pub(super) struct Exchange {
    pub(super) cache: HttpCache,
    pub(super) question: Question,
    /// The request's fields, as its client sent them.
    pub(super) headers: HeaderMap,
    /// What is stored, and stale.
    pub(super) previous: Option<Arc<Stored>>,
    pub(super) forward: Forward,
    pub(super) seat: Option<Seat>,
}

/// A flight of which somebody may wait for the end: it lands when this is dropped, at the latest.
pub(super) struct Seat {
    pub(super) cache: HttpCache,
    pub(super) question: Question,
    pub(super) flight: Arc<Flight<Stored>>,
}

impl Seat {
    fn land(&self, stored: &Arc<Stored>) {
        let (value, tags) = (Some(Arc::clone(stored)), Some(self.question.tags.clone()));
        self.flight.land(Landing::Value { value, tags, is_far: false });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.cache.inner.flights.leave(&self.question.key, &self.flight, || {});
        // Who waits and was told nothing goes on by itself.
        self.flight.land_unless_landed(Landing::Lost(LoadError::Ended));
    }
}

/// Somebody who waits for the answer to another's request.
pub(super) struct Queue {
    pub(super) waiter: Waiter<Stored>,
    pub(super) flight: Arc<Flight<Stored>>,
}

impl Exchange {
    /// Asks, unless another's answer will do that is on its way.
    pub(super) async fn after<S, ReqBody, ResBody>(
        self,
        queue: Queue,
        service: S,
        request: Request<ReqBody>,
    ) -> Result<Response<HttpCacheBody<ResBody>>, S::Error>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        ResBody: Body<Data = Bytes>,
    {
        let wait = self.cache.inner.settings.wait;
        let joined = match tokio::time::timeout(wait, queue.waiter.landed()).await {
            Ok(Landing::Value { value: Some(stored), tags, .. }) => {
                self.joined(&stored, tags.as_deref(), &queue.flight)
            }
            // That request has failed a moment ago.
            Ok(Landing::Degraded { value: Some(stored), .. }) => self.degraded(&stored),
            _ => None,
        };
        match joined {
            Some(response) => Ok(response),
            None => self.run(service, request).await,
        }
    }

    /// Answers with what another's request brought, if it is for this one.
    fn joined<B: Body>(
        &self,
        stored: &Arc<Stored>,
        tags: Option<&[u64]>,
        flight: &Flight<Stored>,
    ) -> Option<Response<HttpCacheBody<B>>> {
        let (inner, question) = (&self.cache.inner, &self.question);
        let now = inner.now();
        // What is a moment old is as good as what a request of one's own would bring.
        let asked = question.asked.without_wishes();
        let will_do = inner.eras.will_do(flight.began, tags, question.began)
            && stored.selection.matches(&self.headers)
            && matches!(stored.policy.serve(&asked, now), Decision::Fresh | Decision::Refresh);
        if !will_do {
            return None;
        }
        inner.tally.add(Count::Joined);
        let text = || format!("{}; collapsed", self.member(None, Fate::Untried));
        Some(self.answer(stored, text))
    }

    /// Answers with what stands in for another's answer, if it may for this one's.
    fn degraded<B: Body>(&self, stored: &Arc<Stored>) -> Option<Response<HttpCacheBody<B>>> {
        let inner = &self.cache.inner;
        let will_do =
            inner.eras.will_do(stored.began, Some(&self.question.tags), self.question.began)
                && stored.selection.matches(&self.headers)
                && stored.policy.is_for(&self.question.asked)
                && stored.policy.may_stand_in(inner.now());
        if !will_do {
            return None;
        }
        inner.tally.add(Count::Degraded);
        let text = || format!("{}; collapsed; detail=failed", self.member(None, Fate::Untried));
        Some(self.answer(stored, text))
    }

    /// Asks, keeps what may be kept, and answers.
    pub(super) async fn run<S, ReqBody, ResBody>(
        self,
        mut service: S,
        mut request: Request<ReqBody>,
    ) -> Result<Response<HttpCacheBody<ResBody>>, S::Error>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        ResBody: Body<Data = Bytes>,
    {
        let inner = &self.cache.inner;
        let validated =
            self.previous.as_ref().filter(|stored| stored.ask_whether_good(request.headers_mut()));
        let requested = inner.now();
        let outcome = service.call(request).await;
        let times = Times::new(requested, inner.now(), inner.settings.clock.wall());
        let failed = match &outcome {
            Ok(response) => matches!(response.status().as_u16(), 500 | 502 | 503 | 504),
            Err(_) => true,
        };
        if failed {
            inner.tally.add(Count::Failure);
            if let Some(stored) = self.stand_in(&times) {
                let status = outcome.ok().map(|response| response.status());
                let text = || format!("{}; detail=failed", self.member(status, Fate::Untried));
                return Ok(self.answer(stored, text));
            }
        }
        let response = outcome?;
        if let Some(stored) = validated.filter(|_| response.status() == StatusCode::NOT_MODIFIED) {
            return Ok(self.renew(stored, &response, &times));
        }
        if self.question.method == Method::HEAD {
            return Ok(self.compare(response, &times));
        }
        Ok(self.take(response, &times).await)
    }

    /// Returns what may be served where nothing better can be had.
    fn stand_in(&self, times: &Times) -> Option<&Arc<Stored>> {
        let previous = self.previous.as_ref()?;
        if !previous.policy.may_stand_in(times.received) {
            return None;
        }
        self.cache.inner.tally.add(Count::Degraded);
        if let Some(seat) = &self.seat {
            let value = Some(Arc::clone(previous));
            seat.flight.land(Landing::Degraded { value, stale: 0 });
        }
        Some(previous)
    }

    /// Renews what is stored by an answer to HEAD that is about the same content, and lets it go for one
    /// that is about another (RFC 9111, section 4.3.5).
    fn compare<B: Body>(&self, response: Response<B>, times: &Times) -> Response<HttpCacheBody<B>> {
        let is_whole = response.status() == StatusCode::OK;
        if let Some(stored) = self.previous.as_ref().filter(|_| is_whole) {
            match stored.is_described_by(response.headers()) {
                Some(true) => return self.renew(stored, &response, times),
                Some(false) => self.cache.inner.discard(&self.question, stored),
                None => {}
            }
        }
        let mut response = response.map(HttpCacheBody::direct);
        if self.cache.inner.settings.shows_status {
            let member = self.member(Some(response.status()), Fate::Untried);
            append(response.headers_mut(), member);
        }
        response
    }

    /// Renews what is stored by the fields of a 304 (RFC 9111, section 4.3.4), or of an answer to HEAD.
    fn renew<B: Body, U>(
        &self,
        stored: &Arc<Stored>,
        update: &Response<U>,
        times: &Times,
    ) -> Response<HttpCacheBody<B>> {
        let (status, update) = (update.status(), update.headers());
        let mut headers = stored.headers.clone();
        // Age and date of what is stored are not those of the new answer.
        headers.remove(AGE);
        headers.remove(DATE);
        freshen(&mut headers, update);
        let renewed = self.store(stored.status, headers, stored.body.clone(), times);
        let fate = match &renewed {
            Ok(renewed) => {
                self.keep(renewed, Count::Renewal);
                Fate::Stored
            }
            Err(refusal) => {
                self.cache.inner.tally.add(Count::Refusal);
                self.cache.inner.discard(&self.question, stored);
                Fate::Refused(*refusal)
            }
        };
        let text = || self.member(Some(status), fate);
        let mut response = self.answer(renewed.as_ref().unwrap_or(stored), text);
        if renewed.is_err() {
            freshen(response.headers_mut(), update);
        }
        response
    }

    /// Keeps an answer if it may be kept, and passes it on.
    async fn take<B: Body<Data = Bytes>>(
        &self,
        response: Response<B>,
        times: &Times,
    ) -> Response<HttpCacheBody<B>> {
        let (mut parts, body) = response.into_parts();
        let refusal = self.judge(parts.status, &parts.headers, times).err();
        let (body, fate) = match refusal {
            Some(refusal) => (HttpCacheBody::direct(body), Fate::Refused(refusal)),
            None => match read(body, self.cache.inner.settings.most_bytes).await {
                Read::Rest(body) => (body, Fate::Refused(Refusal::Content)),
                Read::Whole(content) => {
                    let headers = parts.headers.clone();
                    let fate = match self.store(parts.status, headers, content.clone(), times) {
                        Ok(stored) => {
                            self.keep(&stored, Count::Load);
                            Fate::Stored
                        }
                        Err(refusal) => Fate::Refused(refusal),
                    };
                    (HttpCacheBody::whole(content), fate)
                }
            },
        };
        if matches!(fate, Fate::Refused(_)) {
            self.cache.inner.tally.add(Count::Refusal);
            // What must not be kept must not leave its predecessor behind either.
            if let Some(previous) =
                self.previous.as_ref().filter(|_| !parts.status.is_server_error())
            {
                self.cache.inner.discard(&self.question, previous);
            }
        }
        if self.cache.inner.settings.shows_status {
            append(&mut parts.headers, self.member(Some(parts.status), fate));
        }
        Response::from_parts(parts, body)
    }

    /// Says whether an answer may be kept, by its fields.
    fn judge(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        times: &Times,
    ) -> Result<(Policy, Vec<HeaderName>, Selection), Refusal> {
        let settings = &self.cache.inner.settings;
        let (policy, excepted) =
            Policy::read(&settings.rules, &self.question.asked, status, headers, times)?;
        let selection = Selection::of(headers, &self.headers).ok_or(Refusal::Vary)?;
        let only = settings.vary_only.as_ref();
        let allowed = only.is_none_or(|only| selection.fields().all(|name| only.contains(name)));
        if allowed { Ok((policy, excepted, selection)) } else { Err(Refusal::Vary) }
    }

    fn store(
        &self,
        status: StatusCode,
        mut headers: HeaderMap,
        content: Bytes,
        times: &Times,
    ) -> Result<Arc<Stored>, Refusal> {
        let (policy, excepted, selection) = self.judge(status, &headers, times)?;
        if has_nonce(&headers, &content) {
            return Err(Refusal::Moment);
        }
        // RFC 9111, section 3.3: what is not whole is not kept.
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        if length.is_some_and(|length| length.parse() != Ok(content.len())) {
            return Err(Refusal::Content);
        }
        strip(&mut headers, &excepted);
        let began = self.question.began;
        Ok(Arc::new(Stored::new(policy, status, headers, content, selection, times, began)))
    }

    fn keep(&self, stored: &Arc<Stored>, count: Count) {
        self.cache.inner.keep(&self.question, Arc::clone(stored));
        self.cache.inner.tally.add(count);
        if let Some(seat) = &self.seat {
            seat.land(stored);
        }
    }

    fn member(&self, status: Option<StatusCode>, fate: Fate) -> String {
        forwarded(self.cache.inner.settings.name, self.forward, status, fate)
    }

    fn answer<B: Body>(
        &self,
        stored: &Stored,
        member: impl FnOnce() -> String,
    ) -> Response<HttpCacheBody<B>> {
        let inner = &self.cache.inner;
        let status = inner.settings.shows_status.then(member);
        let status = status.and_then(|status| HeaderValue::try_from(status).ok());
        answer(stored, &self.question, &self.headers, status.as_ref(), inner.now())
    }
}

/// Runs an exchange to its end, unless nobody waits for it any more and it takes too long.
pub(super) async fn linger<T>(
    exchange: impl Future<Output = T>,
    mut present: oneshot::Sender<Infallible>,
    most: std::time::Duration,
) -> Option<T> {
    let mut exchange = pin!(exchange);
    let mut gone = pin!(async {
        present.closed().await;
        tokio::time::sleep(most).await;
    });
    poll_fn(|cx| {
        if let Poll::Ready(done) = exchange.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        gone.as_mut().poll(cx).map(|()| None)
    })
    .await
}
