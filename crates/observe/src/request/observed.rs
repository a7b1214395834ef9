//! What is found out about a request while it runs.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{RequestId, TraceContext};
use crate::capture::Fault;
use crate::query::Queries;

/// What is known of a request, written down by whoever finds it out and read at its end.
///
/// A request extension, put there by [`RequestLogLayer`](super::RequestLogLayer); clones share one.
#[derive(Clone)]
pub struct Observed {
    inner: Arc<Inner>,
}

struct Inner {
    id: RequestId,
    trace: TraceContext,
    route: OnceLock<Route>,
    user: OnceLock<Box<str>>,
    queries: Queries,
    /// The first error inside, until the answer is known.
    fault: Mutex<Option<Box<Fault>>>,
    /// Whether its error is captured already.
    told: AtomicBool,
}

/// The template of a route, kept as it comes.
enum Route {
    Text(Box<str>),
    #[cfg(feature = "axum")]
    Matched(axum::extract::MatchedPath),
}

impl Observed {
    pub(crate) fn new(id: RequestId, trace: TraceContext) -> Self {
        let inner = Inner {
            id,
            trace,
            route: OnceLock::new(),
            user: OnceLock::new(),
            queries: Queries::default(),
            fault: Mutex::default(),
            told: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Returns the name of the request.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.inner.id
    }

    /// Returns its place in a trace.
    #[must_use]
    pub fn trace(&self) -> TraceContext {
        self.inner.trace
    }

    /// Notes the template of the route that matched, as `/students/{code}`; the first one stays.
    pub fn set_route(&self, template: &str) {
        let _ = self.inner.route.get_or_init(|| Route::Text(template.into()));
    }

    #[cfg(feature = "axum")]
    pub(crate) fn set_matched(&self, path: &axum::extract::MatchedPath) {
        let _ = self.inner.route.get_or_init(|| Route::Matched(path.clone()));
    }

    /// Returns the template of the route, where one was noted.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.inner.route.get().map(|route| match route {
            Route::Text(text) => &**text,
            #[cfg(feature = "axum")]
            Route::Matched(path) => path.as_str(),
        })
    }

    /// Notes who asks, by an id and not by a name or an address; the first one stays.
    pub fn set_user(&self, id: &str) {
        let _ = self.inner.user.get_or_init(|| id.into());
    }

    /// Returns who asks, where it was noted.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.inner.user.get().map(|user| &**user)
    }

    /// Returns the statements that were sent to a database for this request.
    #[must_use]
    pub fn queries(&self) -> &Queries {
        &self.inner.queries
    }

    pub(crate) fn has_fault(&self) -> bool {
        self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        let mut kept = self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert_with(|| Box::new(fault));
    }

    pub(crate) fn take_fault(&self) -> Option<Fault> {
        let mut kept = self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take().map(|fault| *fault)
    }

    /// Notes that its error is captured; returns whether it was already.
    pub(crate) fn set_told(&self) -> bool {
        self.inner.told.swap(true, Ordering::Relaxed)
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("id", self.id())
            .field("route", &self.route())
            .finish_non_exhaustive()
    }
}
