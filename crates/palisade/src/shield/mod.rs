//! Every layer in the one right order.
//!
//! [`Shield::web`] is for pages, [`Shield::api`] for programs. Both are complete as they come; each
//! part can be replaced by the method of its name, left to [something else](Shield::elsewhere) and
//! [removed](Shield::insecure_without). [`Shield::deployment`] tells `palisade::check` what it is
//! made of. A shield is a tower layer for an axum `Router`, a gRPC server or a plain hyper service.
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use palisade::edge::Peer;
//! use palisade::shield::Shield;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = Router::new()
//!     .route("/", get(|| async { "hello" }))
//!     .layer(Shield::web(["exams.example.org"])?);
//! // What a server does; `palisade::serve` puts the peer there.
//! let mut request = Request::get("/").header("host", "exams.example.org").body(Body::empty())?;
//! request.extensions_mut().insert(Peer::new(([192, 0, 2, 7], 50123).into()));
//! let response = app.oneshot(request).await?;
//! assert_eq!(response.headers()["x-content-type-options"], "nosniff");
//! # Ok(())
//! # }
//! ```
//!
//! # The order, and what another one loses
//!
//! A request passes the parts as [`Part::ORDER`] lists them.
//!
//! | outer | inner | what is lost the other way round | test |
//! |---|---|---|---|
//! | `Edge` | `Limits` | limits by client address: they count the proxy, and one client uses up what all have | `limits_outside_of_the_edge_count_the_proxy` |
//! | `RequestLog`, `Metrics`, `Headers` | what `Edge` refuses | headers, line and figure of the answer to a request from nobody | `a_refusal_of_the_edge_outside_of_the_headers_is_bare` |
//! | `Headers` | `Panics` | the headers of the answer to a panic | `headers_inside_of_panics_miss_their_answer` |
//! | `Headers` | `Deadline` | the headers of the answer to a slow handler | `headers_inside_of_the_deadline_miss_its_answer` |
//! | `Headers` | `Hosts` | the headers of refusals | `headers_inside_of_the_hosts_miss_refusals` |
//! | `Etag` | `Headers` | a browser keeps a page whose nonce is over | `a_tag_inside_of_the_headers_keeps_a_nonce` |
//! | `Hosts` | `Limits` | what is sent to a wrong name uses up a client's limit | `limits_outside_of_the_hosts_are_used_up_by_wrong_names` |
//! | `Limits` | `Audit` | a flood of refusals fills the trail | `an_audit_outside_of_the_limits_is_flooded` |
//! | `Limits` | `Cors` | preflights are answered without a limit | `cors_outside_of_the_limits_answers_a_flood` |
//! | `CrossOrigin` | `Audit` | other sites write into the trail | `an_audit_outside_of_cross_origin_records_strangers` |
//!
//! The parts that look at answers stand outside of all that give one: every answer of a shield, a
//! refusal as well as a page, has the headers, a line in the log and a figure
//! (`every_answer_has_the_headers_a_line_and_a_figure`). `Edge` alone must come before them, since
//! they ask it for client and URL: it tells first and refuses further in, by its
//! [gate](EdgeLayer::with_gate).
//!
//! # Cost
//!
//! Beside what the parts allocate: five boxes for a clone of the stack and five for its futures; a
//! box for each body that is not empty, and one for each part that looks at the answer's end. A
//! page costs 34 allocations (`a_shield_allocates_what_its_parts_do`), 6 without any part.

mod body;
mod deployment;
mod error;
mod inner;
mod limit;
mod part;
mod stack;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use palisade_audit::AuditLayer;
use palisade_cache::etag::EtagLayer;
use palisade_core::{Clock, SystemClock};
use palisade_edge::hosts::{AllowedHosts, AllowedHostsLayer};
use palisade_edge::https::HttpsRedirectLayer;
use palisade_edge::{EdgeLayer, TrustedProxies};
use palisade_headers::cookies::{self, CookiesLayer};
use palisade_headers::csrf::{self, CrossOriginLayer};
use palisade_headers::{SecurityHeaders, SecurityHeadersLayer, Surroundings};
#[cfg(feature = "metrics")]
use palisade_observe::metric::MetricsLayer;
use palisade_observe::request::{Ids, RequestLogLayer};
use palisade_ratelimit::key::Key;
use palisade_ratelimit::{Limits, Quota, Rule};
use palisade_resilience::deadline::HttpDeadlineLayer;
use tower_http::cors::CorsLayer;
use tower_layer::Layer;
use tower_service::Service;

pub use body::{Body, BoxError};
pub use error::ShieldError;
use limit::BodyLimitLayer;
pub use part::Part;
use stack::{Stack, stack};

/// A stack of layers; see the [module docs](self).
///
/// # Security
///
/// | part | [`web`](Self::web) | [`api`](Self::api) |
/// |---|---|---|
/// | edge | no proxy is trusted | the same |
/// | headers | `SecurityHeaders::strict()` | `SecurityHeaders::api()` |
/// | hosts | those given | the same |
/// | https | left out: give it where the site speaks https | the same |
/// | limits | 120 a minute for each client address | the same |
/// | cross-origin, cookies, panics, request log | on | on |
/// | body limit | 2 MiB | 1 MiB |
/// | deadline | 20 s | 20 s |
/// | etag | on | left out |
/// | audit, CORS | left out until given | the same |
#[derive(Clone)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct Shield {
    edge: Option<EdgeLayer>,
    request_log: Option<RequestLogLayer>,
    #[cfg(feature = "metrics")]
    metrics: Option<MetricsLayer>,
    etag: Option<EtagLayer>,
    headers: Option<SecurityHeadersLayer>,
    panics: bool,
    hosts: Option<AllowedHostsLayer>,
    https: Option<HttpsRedirectLayer>,
    cookies: Option<CookiesLayer>,
    limits: Option<Limits>,
    cross_origin: Option<CrossOriginLayer>,
    audit: Option<AuditLayer>,
    body_limit: Option<BodyLimitLayer>,
    deadline: Option<HttpDeadlineLayer>,
    cors: Option<CorsLayer>,
    elsewhere: Vec<Part>,
}

impl Shield {
    /// Shields pages that are served under these names.
    ///
    /// # Errors
    ///
    /// A name that is none, or no randomness.
    pub fn web<I>(hosts: I) -> Result<Self, ShieldError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let headers = SecurityHeaders::strict();
        Ok(Self { etag: Some(EtagLayer::new()), ..Self::of(hosts, headers, 2 << 20)? })
    }

    /// Shields calls of programs under these names.
    ///
    /// # Errors
    ///
    /// As [`web`](Self::web).
    pub fn api<I>(hosts: I) -> Result<Self, ShieldError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        Self::of(hosts, SecurityHeaders::api(), 1 << 20)
    }

    fn of<I>(hosts: I, headers: SecurityHeaders, body: usize) -> Result<Self, ShieldError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Ids::random().map_err(|error| ShieldError::Random(error.to_string()))?;
        let limits = Limits::builder()
            .rule(Rule::new("client", Quota::per_minute(120)).by(Key::client_ip()))
            .finish()?;
        let headers = headers.beside(Surroundings::new().cross_origin_checks()).finish()?;
        Ok(Self {
            edge: Some(EdgeLayer::new(TrustedProxies::none())),
            #[cfg(feature = "metrics")]
            metrics: Some(MetricsLayer::new(Arc::clone(&clock))),
            request_log: Some(RequestLogLayer::new(clock, ids)),
            etag: None,
            headers: Some(headers),
            panics: true,
            hosts: Some(AllowedHostsLayer::new(AllowedHosts::new(hosts)?)),
            https: None,
            cookies: Some(CookiesLayer::new(cookies::Policy::new())),
            limits: Some(limits),
            cross_origin: Some(CrossOriginLayer::new(csrf::Policy::new())),
            audit: None,
            body_limit: Some(BodyLimitLayer::new(body)),
            deadline: Some(HttpDeadlineLayer::new(Duration::from_secs(20))),
            cors: None,
            elsewhere: Vec::new(),
        })
    }

    /// Tells clients and URLs by this layer.
    pub fn edge(mut self, layer: EdgeLayer) -> Self {
        self.edge = Some(layer);
        self
    }

    /// Believes these proxies.
    pub fn proxies(self, proxies: TrustedProxies) -> Self {
        self.edge(EdgeLayer::new(proxies))
    }

    /// Logs requests by this layer.
    pub fn request_log(mut self, layer: RequestLogLayer) -> Self {
        self.request_log = Some(layer);
        self
    }

    /// Counts requests by this layer.
    #[cfg(feature = "metrics")]
    pub fn metrics(mut self, layer: MetricsLayer) -> Self {
        self.metrics = Some(layer);
        self
    }

    /// Tags answers by this layer.
    pub fn etag(mut self, layer: EtagLayer) -> Self {
        self.etag = Some(layer);
        self
    }

    /// Sends these headers.
    pub fn headers(mut self, layer: SecurityHeadersLayer) -> Self {
        self.headers = Some(layer);
        self
    }

    /// Answers to these names.
    pub fn hosts(mut self, layer: AllowedHostsLayer) -> Self {
        self.hosts = Some(layer);
        self
    }

    /// Leads clear text to https.
    pub fn https(mut self, layer: HttpsRedirectLayer) -> Self {
        self.https = Some(layer);
        self
    }

    /// Hardens cookies by this layer.
    pub fn cookies(mut self, layer: CookiesLayer) -> Self {
        self.cookies = Some(layer);
        self
    }

    /// Limits by these rules.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Checks requests of other sites by this layer.
    pub fn cross_origin(mut self, layer: CrossOriginLayer) -> Self {
        self.cross_origin = Some(layer);
        self
    }

    /// Records what is done.
    pub fn audit(mut self, layer: AuditLayer) -> Self {
        self.audit = Some(layer);
        self
    }

    /// Takes bodies of up to so many bytes.
    pub fn body_limit(mut self, most: usize) -> Self {
        self.body_limit = Some(BodyLimitLayer::new(most));
        self
    }

    /// Gives handlers so much time.
    pub fn deadline(mut self, layer: HttpDeadlineLayer) -> Self {
        self.deadline = Some(layer);
        self
    }

    /// Lets other sites read.
    pub fn cors(mut self, layer: CorsLayer) -> Self {
        self.cors = Some(layer);
        self
    }

    /// Leaves a part out that something else does: a proxy, or a layer of your own.
    ///
    /// [`deployment`](Self::deployment) then knows nothing of it, and says nothing.
    pub fn elsewhere(self, part: Part) -> Self {
        let mut shield = self.insecure_without(part);
        shield.elsewhere.push(part);
        shield
    }

    /// Leaves a part out, with nothing in its place.
    ///
    /// # Security
    ///
    /// What the part protects from is open; [`deployment`](Self::deployment) finds it. Where
    /// something else does what the part does, say so by [`elsewhere`](Self::elsewhere).
    pub fn insecure_without(mut self, part: Part) -> Self {
        self.elsewhere.retain(|other| *other != part);
        match part {
            Part::Audit => self.audit = None,
            Part::BodyLimit => self.body_limit = None,
            Part::Cookies => self.cookies = None,
            Part::Cors => self.cors = None,
            Part::CrossOrigin => self.cross_origin = None,
            Part::Deadline => self.deadline = None,
            Part::Edge => self.edge = None,
            Part::Etag => self.etag = None,
            Part::Headers => self.headers = None,
            Part::Hosts => self.hosts = None,
            Part::Https => self.https = None,
            Part::Limits => self.limits = None,
            #[cfg(feature = "metrics")]
            Part::Metrics => self.metrics = None,
            #[cfg(not(feature = "metrics"))]
            Part::Metrics => {}
            Part::Panics => self.panics = false,
            Part::RequestLog => self.request_log = None,
        }
        self
    }
}

impl fmt::Debug for Shield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shield").finish_non_exhaustive()
    }
}

impl<S, B> Layer<S> for Shield
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Service = Shielded;

    fn layer(&self, inner: S) -> Shielded {
        Shielded { stack: stack(self, inner) }
    }
}

/// A service inside a [`Shield`].
#[derive(Clone, Debug)]
pub struct Shielded {
    stack: Stack,
}

impl<ReqBody> Service<Request<ReqBody>> for Shielded
where
    ReqBody: HttpBody<Data = Bytes> + Send + 'static,
    ReqBody::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.stack.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        self.stack.call(request.map(Body::new))
    }
}
