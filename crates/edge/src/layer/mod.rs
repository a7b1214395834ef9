//! The layer that tells every other one who sent a request.

mod gate;
mod refusal;
mod service;

use std::fmt;
use std::sync::Arc;

use http::header::FORWARDED;
use http::{Extensions, HeaderMap, HeaderName};
use palisade_core::Clock;
use tower_layer::Layer;

use crate::client_ip::{ClientIpErrorKind, Hop, find_client};
use crate::external_url::{Target, url_at};
use crate::finding::Watch;
use crate::refusal::AsProblem;
use crate::trust::X_FORWARDED_FOR;
use crate::{
    ClientIp, ClientIpError, ExemptPaths, ExternalUrl, ExternalUrlError, Finding, Forwarding, Peer,
    TrustedProxies,
};

pub use gate::{EdgeGate, EdgeGateLayer};
pub use refusal::EdgeRefusal;
pub use service::Edge;

/// What happens to a request whose client or URL cannot be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a request passes or it does not")]
pub enum OnUnidentified {
    /// It is answered by the rejection, by default with 400.
    #[default]
    Refuse,
    /// It goes on without [`ClientIp`] and [`ExternalUrl`], and without the headers from which
    /// somebody further in could guess them: `Forwarded`, `X-Forwarded-*` and the configured one.
    Strip,
}

/// Layer that adds [`ClientIp`] and [`ExternalUrl`] to requests, the outermost of a stack.
///
/// # Example
///
/// ```
/// use http::{Request, Response};
/// use palisade_edge::{ClientIp, EdgeLayer, Forwarding, Peer, TrustedProxies};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxies = TrustedProxies::in_ranges(["10.0.0.0/8"], Forwarding::XForwardedFor)?;
/// let app = EdgeLayer::new(proxies).layer(service_fn(|request: Request<()>| async move {
///     let client = request.extensions().get::<ClientIp>().map(ToString::to_string);
///     Ok::<_, std::convert::Infallible>(Response::new(client.unwrap_or_default().into_bytes()))
/// }));
/// let mut request = Request::get("/")
///     .header("host", "example.com")
///     .header("x-forwarded-for", "203.0.113.9")
///     .body(())?;
/// request.extensions_mut().insert(Peer::new("10.0.0.1:55000".parse()?));
/// assert_eq!(app.oneshot(request).await?.body(), b"203.0.113.9");
/// # Ok(())
/// # }
/// ```
///
/// # Cost
///
/// Behind one proxy or none: the two boxes of the extensions and nothing else is allocated (and
/// the map for them, where the server put nothing there). No clock is read unless there is a
/// [`Finding`].
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct EdgeLayer<R = AsProblem> {
    desk: Arc<Desk<R>>,
}

/// Everything that the services of one layer share.
struct Desk<R> {
    exempt: ExemptPaths,
    /// Whether a gate further in answers what is refused.
    gated: bool,
    rejection: R,
    trust: TrustedProxies,
    unidentified: OnUnidentified,
    watch: Arc<Watch>,
}

impl EdgeLayer {
    /// Believes the given proxies; refuses what cannot be told, health checks excepted.
    pub fn new(trust: TrustedProxies) -> Self {
        let desk = Desk {
            exempt: ExemptPaths::health(),
            gated: false,
            rejection: AsProblem,
            trust,
            unidentified: OnUnidentified::Refuse,
            watch: Arc::new(Watch::new()),
        };
        Self { desk: Arc::new(desk) }
    }
}

impl<R> EdgeLayer<R> {
    /// Decides what happens to requests whose client or URL cannot be told.
    pub fn on_unidentified(self, policy: OnUnidentified) -> Self
    where
        R: Clone,
    {
        self.map(|desk| Desk { unidentified: policy, ..desk })
    }

    /// Treats these paths as [`OnUnidentified::Strip`]; [`ExemptPaths::health`] unless called.
    pub fn exempt(self, paths: ExemptPaths) -> Self
    where
        R: Clone,
    {
        self.map(|desk| Desk { exempt: paths, ..desk })
    }

    /// Measures by this clock how long a [`Finding`] stays untold.
    pub fn with_clock(self, clock: impl Clock) -> Self
    where
        R: Clone,
    {
        self.map(|desk| Desk { watch: Arc::new(Watch::with_clock(Arc::new(clock))), ..desk })
    }

    /// Answers refused requests with `rejection`, a `Fn(&EdgeRefusal) -> Response<B>`.
    pub fn with_rejection<Q>(self, rejection: Q) -> EdgeLayer<Q>
    where
        R: Clone,
    {
        self.map(|desk| Desk {
            exempt: desk.exempt,
            gated: desk.gated,
            rejection,
            trust: desk.trust,
            unidentified: desk.unidentified,
            watch: desk.watch,
        })
    }

    /// Leaves refusing to a gate further in: what stands between the two sees every request, and
    /// every answer.
    ///
    /// A request that would be refused here goes on, without the headers that
    /// [`OnUnidentified::Strip`] takes from it, until it comes to the [`EdgeGateLayer`]. Between
    /// them it has neither [`ClientIp`] nor [`ExternalUrl`].
    ///
    /// # Security
    ///
    /// Without the gate nothing is refused: put it before everything that serves.
    pub fn with_gate(self) -> (Self, EdgeGateLayer<R>)
    where
        R: Clone,
    {
        let layer = self.map(|desk| Desk { gated: true, ..desk });
        let gate = EdgeGateLayer::new(Arc::clone(&layer.desk));
        (layer, gate)
    }

    /// Returns the proxies that it believes.
    #[must_use]
    pub fn proxies(&self) -> &TrustedProxies {
        &self.desk.trust
    }

    fn map<Q>(self, change: impl FnOnce(Desk<R>) -> Desk<Q>) -> EdgeLayer<Q>
    where
        R: Clone,
    {
        EdgeLayer { desk: Arc::new(change(Arc::unwrap_or_clone(self.desk))) }
    }
}

impl<R: Clone> Clone for Desk<R> {
    fn clone(&self) -> Self {
        Self {
            exempt: self.exempt.clone(),
            gated: self.gated,
            rejection: self.rejection.clone(),
            trust: self.trust.clone(),
            unidentified: self.unidentified,
            watch: Arc::clone(&self.watch),
        }
    }
}

impl<R> fmt::Debug for EdgeLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Desk { exempt, trust, unidentified, .. } = &*self.desk;
        f.debug_struct("EdgeLayer")
            .field("trust", trust)
            .field("on_unidentified", unidentified)
            .field("exempt", exempt)
            .finish_non_exhaustive()
    }
}

impl<S, R> Layer<S> for EdgeLayer<R> {
    type Service = Edge<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Edge::new(inner, Arc::clone(&self.desk))
    }
}

impl<R> Desk<R> {
    /// Tells both facts, and on the way what contradicts the configuration.
    fn identify(
        &self,
        peer: Option<Peer>,
        target: Target<'_>,
    ) -> Result<(ClientIp, ExternalUrl), EdgeRefusal> {
        let Some(peer) = peer else {
            self.watch.tell(Finding::PeerMissing);
            return Err(EdgeRefusal::NoPeer);
        };
        let hop = find_client(&peer, target.headers(), &self.trust).map_err(|error| {
            self.watch.tell(finding_of(error, &self.trust));
            EdgeRefusal::Client(error)
        })?;
        self.compare(&hop, &peer, target.headers());
        let client = hop.client();
        self.watch.see(client.address());
        let url = url_at(&hop, &peer, target).map_err(|error| {
            if !matches!(error, ExternalUrlError::Host(_)) {
                self.watch.tell(Finding::UrlUnreadable);
            }
            EdgeRefusal::Url(error)
        })?;
        Ok((client, url))
    }

    /// Compares what came with what is configured.
    fn compare(&self, hop: &Hop<'_>, peer: &Peer, headers: &HeaderMap) {
        let configured = self.trust.forwarding();
        if peer.announcement().is_some() && configured != Some(&Forwarding::ProxyProtocol) {
            self.watch.tell(Finding::ProxyFactsIgnored);
        }
        let Some(policy) = hop.policy else {
            let single = match configured {
                Some(Forwarding::Header(name)) => headers.contains_key(name),
                _ => false,
            };
            if single || headers.contains_key(&X_FORWARDED_FOR) || headers.contains_key(FORWARDED) {
                service::report_spoofing(peer);
                self.watch.tell(Finding::UntrustedForwarding);
            }
            return;
        };
        if hop.depth > 0 {
            return;
        }
        match policy.forwarding {
            Forwarding::XForwardedFor if headers.contains_key(FORWARDED) => {
                self.watch.tell(Finding::ForwardedIgnored);
            }
            Forwarding::Forwarded if headers.contains_key(&X_FORWARDED_FOR) => {
                self.watch.tell(Finding::XForwardedForIgnored);
            }
            Forwarding::Forwarded | Forwarding::XForwardedFor => {
                self.watch.tell(Finding::ForwardingMissing);
            }
            Forwarding::Header(_) | Forwarding::ProxyProtocol => {}
        }
    }

    /// Removes every header from which somebody could guess.
    fn strip(&self, headers: &mut HeaderMap) {
        let is_guess = |name: &&HeaderName| name.as_str().starts_with("x-forwarded-");
        let guesses: Vec<HeaderName> = headers.keys().filter(is_guess).cloned().collect();
        for name in guesses {
            headers.remove(name);
        }
        headers.remove(FORWARDED);
        if let Some(name) = self.trust.forwarding().and_then(Forwarding::header) {
            headers.remove(name);
        }
    }
}

/// Returns what the server told about the connection.
fn peer_of(extensions: &Extensions) -> Option<Peer> {
    if let Some(peer) = extensions.get::<Peer>() {
        return Some(*peer);
    }
    #[cfg(feature = "axum")]
    {
        use axum::extract::ConnectInfo;
        use std::net::SocketAddr;
        if let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<Peer>>() {
            return Some(*peer);
        }
        if let Some(ConnectInfo(address)) = extensions.get::<ConnectInfo<SocketAddr>>() {
            return Some(Peer::new(*address));
        }
    }
    None
}

fn finding_of(error: ClientIpError, trust: &TrustedProxies) -> Finding {
    match error.kind() {
        ClientIpErrorKind::Duplicate => Finding::HeaderDuplicated,
        ClientIpErrorKind::Missing if trust.forwarding() == Some(&Forwarding::ProxyProtocol) => {
            Finding::ProxyFactsMissing
        }
        ClientIpErrorKind::Missing => Finding::HeaderMissing,
        ClientIpErrorKind::TooFewHops | ClientIpErrorKind::TooManyHops => Finding::HopsMiscounted,
        ClientIpErrorKind::Malformed
        | ClientIpErrorKind::Obfuscated
        | ClientIpErrorKind::Unknown
        | ClientIpErrorKind::Unspecified => Finding::HopUnreadable,
    }
}
