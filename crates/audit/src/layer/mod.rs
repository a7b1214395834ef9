//! A layer that records requests.

mod addition;
mod policy;
mod service;

use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use palisade_edge::refusal::{AsProblem, Refusal};
use tower_layer::Layer;

use crate::error::RecordError;
use crate::event::{Context, Event};
use crate::log::AuditLog;

pub use addition::Addition;
pub use policy::{Level, Policy};
pub use service::{Audit, ResponseFuture};

/// Makes the event of a request.
type Describe = Arc<dyn Fn(&Parts, Level) -> Event + Send + Sync>;

/// Layer that records requests by a [`Policy`], as `http.request` if not described otherwise. What a
/// handler knows it puts into the extensions of its response as an [`Addition`].
///
/// It fails closed: the answer is held until its event is durable, and if the log does not take it the
/// client gets 503. With [`best_effort`](Self::best_effort) nobody waits, and what is lost is counted.
///
/// A handler that panics and a client that goes away leave an event with the outcome `aborted`.
///
/// # Cost
///
/// A request of which nothing is recorded costs the policy's rules. Another one boxes its future once
/// and waits for the log.
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct AuditLayer<R = AsProblem> {
    desk: Arc<Desk<R>>,
}

/// Everything that the services of one layer share.
pub(crate) struct Desk<R> {
    log: AuditLog,
    policy: Policy,
    waits: bool,
    describe: Describe,
    rejection: R,
}

/// A request that was not recorded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unrecorded {
    /// Why the log did not take it.
    pub error: RecordError,
    /// Whether the handler has run.
    pub handled: bool,
}

impl Refusal for Unrecorded {
    fn status(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }

    fn code(&self) -> &'static str {
        "audit_unavailable"
    }

    fn detail(&self) -> &'static str {
        if self.handled {
            "what was asked for may have been done, but it could not be recorded; look before trying again"
        } else {
            "nothing was done because it could not be recorded; try again later"
        }
    }
}

impl AuditLayer {
    /// Records requests into that log.
    pub fn new(log: AuditLog, policy: Policy) -> Self {
        let (describe, rejection) = (Arc::new(describe), AsProblem::default());
        Self { desk: Arc::new(Desk { log, policy, waits: true, describe, rejection }) }
    }
}

impl<R> AuditLayer<R> {
    /// Returns the log that it records into.
    #[must_use]
    pub fn log(&self) -> &AuditLog {
        &self.desk.log
    }

    /// Tells whether an answer waits until its event is recorded: not if
    /// [`best_effort`](Self::best_effort).
    #[must_use]
    pub fn waits(&self) -> bool {
        self.desk.waits
    }
}

impl<R: Clone> AuditLayer<R> {
    /// Lets nobody wait for the log, and answers also what it does not take.
    pub fn best_effort(self) -> Self {
        self.with(|desk| desk.waits = false)
    }

    /// Makes the events otherwise than [`describe`]; outcome and status are added.
    pub fn described_by(
        self,
        describe: impl Fn(&Parts, Level) -> Event + Send + Sync + 'static,
    ) -> Self {
        self.with(|desk| desk.describe = Arc::new(describe))
    }

    /// Answers what was not recorded with `rejection`, a `Fn(&Unrecorded) -> Response<B>`.
    pub fn with_rejection<Q>(self, rejection: Q) -> AuditLayer<Q> {
        let Desk { log, policy, waits, describe, .. } = self.desk.parts();
        AuditLayer { desk: Arc::new(Desk { log, policy, waits, describe, rejection }) }
    }

    fn with(self, change: impl FnOnce(&mut Desk<R>)) -> Self {
        let mut desk = self.desk.parts();
        change(&mut desk);
        Self { desk: Arc::new(desk) }
    }
}

/// Describes a request: `http.request` with method and path, from where [`Context::of`] says; at
/// [`Level::Request`] also its query, and the type and length of its body.
pub fn describe(parts: &Parts, level: Level) -> Event {
    let mut event = Event::new("http.request")
        .context(Context::of(parts))
        .detail("method", parts.method.as_str())
        .detail("path", parts.uri.path());
    if level == Level::Request {
        if let Some(query) = parts.uri.query() {
            event = event.detail("query", query);
        }
        for name in [CONTENT_TYPE, CONTENT_LENGTH] {
            if let Some(value) = parts.headers.get(&name).and_then(|value| value.to_str().ok()) {
                event = event.detail(name.as_str(), value);
            }
        }
    }
    event
}

impl<R: Clone> Desk<R> {
    fn parts(&self) -> Self {
        Self {
            log: self.log.clone(),
            policy: self.policy.clone(),
            waits: self.waits,
            describe: Arc::clone(&self.describe),
            rejection: self.rejection.clone(),
        }
    }
}

impl<R> Clone for AuditLayer<R> {
    fn clone(&self) -> Self {
        Self { desk: Arc::clone(&self.desk) }
    }
}

impl<S, R> Layer<S> for AuditLayer<R> {
    type Service = Audit<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Audit::new(inner, Arc::clone(&self.desk))
    }
}

impl<R> fmt::Debug for AuditLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLayer").field("policy", &self.desk.policy).finish_non_exhaustive()
    }
}
