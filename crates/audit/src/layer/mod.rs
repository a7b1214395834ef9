//! A layer that records requests.

mod policy;
mod service;

use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;
use palisade_edge::refusal::{AsProblem, Refusal};
use tower_layer::Layer;

use crate::error::RecordError;
use crate::event::{Actor, Context};
use crate::log::AuditLog;

pub use policy::{Level, Policy};
pub use service::{Audit, ResponseFuture};

/// Reads something from a request's head.
type Reader<T> = Arc<dyn Fn(&Parts) -> T + Send + Sync>;

/// Layer that records requests by a [`Policy`], as `http.request`.
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
    actor: Reader<Option<Actor>>,
    context: Reader<Context>,
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
        let (actor, context) = (Arc::new(|_: &Parts| None), Arc::new(Context::of));
        let rejection = AsProblem::default();
        Self { desk: Arc::new(Desk { log, policy, waits: true, actor, context, rejection }) }
    }
}

impl<R: Clone> AuditLayer<R> {
    /// Lets nobody wait for the log, and answers also what it does not take.
    pub fn best_effort(self) -> Self {
        self.with(|desk| desk.waits = false)
    }

    /// Tells who acts.
    pub fn actor(self, actor: impl Fn(&Parts) -> Option<Actor> + Send + Sync + 'static) -> Self {
        self.with(|desk| desk.actor = Arc::new(actor))
    }

    /// Tells from where a request comes, instead of [`Context::of`].
    pub fn context(self, context: impl Fn(&Parts) -> Context + Send + Sync + 'static) -> Self {
        self.with(|desk| desk.context = Arc::new(context))
    }

    /// Answers what was not recorded with `rejection`, a `Fn(&Unrecorded) -> Response<B>`.
    pub fn with_rejection<Q>(self, rejection: Q) -> AuditLayer<Q> {
        let Desk { log, policy, waits, actor, context, .. } = self.desk.parts();
        AuditLayer { desk: Arc::new(Desk { log, policy, waits, actor, context, rejection }) }
    }

    fn with(self, change: impl FnOnce(&mut Desk<R>)) -> Self {
        let mut desk = self.desk.parts();
        change(&mut desk);
        Self { desk: Arc::new(desk) }
    }
}

impl<R: Clone> Desk<R> {
    fn parts(&self) -> Self {
        Self {
            log: self.log.clone(),
            policy: self.policy.clone(),
            waits: self.waits,
            actor: Arc::clone(&self.actor),
            context: Arc::clone(&self.context),
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
