//! What the layer is told, and the layer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use palisade_core::Clock;
use palisade_edge::{ClientIp, Evidence, ExemptPaths};
use tower_layer::Layer;

use super::{Ids, RequestId, RequestLog, TraceContext};
use crate::suspicion::Detector;

type Path = dyn Fn(&str) -> Cow<'_, str> + Send + Sync;

/// Whose request ids and trace contexts are taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Nobody's: every request begins a trace.
    Nobody,
    /// Those of requests that came through a trusted proxy, as `EdgeLayer` found.
    #[default]
    Proxies,
    /// Everybody's: for services that only other services of yours can reach.
    Everybody,
}

/// Layer that writes one line for each request; see the [module](super).
///
/// Place it inside `EdgeLayer`, which tells the client, and around everything that answers. The line
/// is a `tracing` event `request` with status, outcome, duration, bytes, route, user and number of
/// database statements, as `ERROR` from status 500 on; method, path without query, client, request id
/// and trace are in its context. A response carries the id as `x-request-id`.
///
/// # Security
///
/// Ids of strangers are not taken over, so nobody chooses under which name their request is found.
/// The query is never written; a path that can hold a secret is to be mended by
/// [`path`](Self::path).
///
/// # Cost
///
/// Two clock reads, no boxed future. The allocations are those of the span, of three extensions and
/// of the response header.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct RequestLogLayer {
    shared: Arc<Shared>,
}

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<Ids>,
    pub(super) exempt: ExemptPaths,
    trust: Trust,
    path: Option<Arc<Path>>,
    pub(super) one_in: u32,
    pub(super) detector: Option<Arc<Detector>>,
}

impl RequestLogLayer {
    /// Logs every request but those for `/health`, `/health/live` and `/health/ready`.
    pub fn new(clock: Arc<dyn Clock>, ids: Ids) -> Self {
        let shared = Shared {
            clock,
            ids: Arc::new(ids),
            exempt: ExemptPaths::health(),
            trust: Trust::default(),
            path: None,
            one_in: 1,
            detector: None,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Passes these paths by, in place of the probes: no line, no id.
    pub fn exempt(self, paths: ExemptPaths) -> Self {
        self.with(|shared| shared.exempt = paths)
    }

    /// Decides whose request ids and traces are taken over.
    pub fn trust(self, trust: Trust) -> Self {
        self.with(|shared| shared.trust = trust)
    }

    /// Says how a path is written where it may hold a secret, such as the token of a link.
    pub fn path(self, path: impl Fn(&str) -> Cow<'_, str> + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.path = Some(Arc::new(path)))
    }

    /// Writes one in so many of the requests that went well, chosen by their trace; all others
    /// always.
    pub fn sample(self, one_in: u32) -> Self {
        self.with(|shared| shared.one_in = one_in.max(1))
    }

    /// Shows every request to this detector.
    pub fn detector(self, detector: Arc<Detector>) -> Self {
        self.with(|shared| shared.detector = Some(detector))
    }

    fn with(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl fmt::Debug for RequestLogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLogLayer")
            .field("exempt", &self.shared.exempt)
            .field("trust", &self.shared.trust)
            .field("one_in", &self.shared.one_in)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RequestLogLayer {
    type Service = RequestLog<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestLog::new(inner, Arc::clone(&self.shared))
    }
}

impl Shared {
    fn trusts(&self, parts: &Parts) -> bool {
        match self.trust {
            Trust::Nobody => false,
            Trust::Everybody => true,
            Trust::Proxies => {
                let client = parts.extensions.get::<ClientIp>();
                client.is_some_and(|client| client.evidence() != Evidence::Connection)
            }
        }
    }

    /// Names a request and puts it into its trace.
    pub(super) fn name(&self, parts: &Parts) -> (RequestId, TraceContext) {
        let (mut id, mut caller) = (None, None);
        if self.trusts(parts) {
            let given = parts.headers.get("x-request-id").and_then(|value| value.to_str().ok());
            id = given.and_then(RequestId::given);
            caller = TraceContext::of(&parts.headers);
        }
        let id = id.unwrap_or_else(|| self.ids.request(self.clock.wall()));
        (id, self.ids.trace(caller))
    }

    /// Returns the path as it is written.
    pub(super) fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        const LONGEST: usize = 256;
        let path = crate::escape::prefix(path, LONGEST);
        match &self.path {
            Some(shown) => shown(path),
            None => Cow::Borrowed(path),
        }
    }
}
