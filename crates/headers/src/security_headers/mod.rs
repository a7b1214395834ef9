//! The set of headers that every response carries.

mod exchange;
mod findings;
mod future;
mod layer;
mod preset;
mod rendered;
mod surroundings;
mod template;

use std::sync::Arc;

use http::{HeaderName, header};

use crate::csp::{Csp, Grant, NonceSource, SystemNonces};
use crate::value::{
    EmbedderPolicy, Endpoint, Framing, Hsts, IntegrityPolicy, OpenerPolicy, PermissionsPolicy,
    ReferrerPolicy, ResourcePolicy,
};
use crate::{Finding, Findings};

pub use exchange::Exchange;
pub use future::ResponseFuture;
pub use layer::{SecurityHeadersLayer, SecurityHeadersService};
pub use surroundings::Surroundings;

/// Which headers every response carries, and with which values.
///
/// Start from a preset, change what the application needs, and [`finish`](Self::finish).
///
/// # Example
///
/// ```
/// use palisade_headers::csp::{Csp, Directive, Source};
/// use palisade_headers::{Hsts, SecurityHeaders};
///
/// let csp = Csp::strict().also(Directive::Img, Source::host("https://cdn.example.com")?)?;
/// let layer = SecurityHeaders::strict().csp(csp).hsts(Hsts::one_week()).finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "headers are sent by the layer that finish() makes"]
pub struct SecurityHeaders {
    enforced: Vec<Csp>,
    reported: Vec<Csp>,
    grants: Vec<Grant>,
    endpoint: Option<Endpoint>,
    hsts: Option<Hsts>,
    framing: Option<Framing>,
    referrer: Option<ReferrerPolicy>,
    permissions: Option<PermissionsPolicy>,
    opener: Enforcement<OpenerPolicy>,
    embedder: Enforcement<EmbedderPolicy>,
    resource: Option<ResourcePolicy>,
    integrity: Enforcement<IntegrityPolicy>,
    origin_agent_cluster: bool,
    no_store: bool,
    legacy: bool,
    removed: Vec<HeaderName>,
    handler_sets: Vec<HeaderName>,
    surroundings: Surroundings,
    nonces: Arc<dyn NonceSource>,
}

/// A policy to obey and one that is only tried.
#[derive(Clone, Copy, Debug)]
struct Enforcement<P> {
    enforced: Option<P>,
    reported: Option<P>,
}

impl<P> Enforcement<P> {
    const NONE: Self = Self { enforced: None, reported: None };
}

impl SecurityHeaders {
    /// Replaces the enforced policies by this one.
    pub fn csp(mut self, csp: Csp) -> Self {
        self.enforced = vec![csp];
        self
    }

    /// Enforces one more policy: what loads must pass each of them.
    pub fn add_csp(mut self, csp: Csp) -> Self {
        self.enforced.push(csp);
        self
    }

    /// Tries a policy beside the enforced ones: what it would block is reported, not blocked.
    pub fn add_csp_report_only(mut self, csp: Csp) -> Self {
        self.reported.push(csp);
        self
    }

    /// Registers a grant: routes may ask for it, and a response gets what it adds to each policy.
    pub fn add_grant(mut self, grant: &Grant) -> Self {
        self.grants.push(grant.clone());
        self
    }

    /// Sends reports about every policy to an endpoint: one of a
    /// [`Collector`](crate::reports::Collector), or any other.
    ///
    /// On https by `Reporting-Endpoints`, `report-to` and `report-uri`, in clear text by `report-uri`
    /// alone: browsers ignore the first there and, for the second, the third.
    pub fn report_to(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Sends `Strict-Transport-Security` over https.
    pub const fn hsts(mut self, hsts: Hsts) -> Self {
        self.hsts = Some(hsts);
        self
    }

    /// Sends no `Strict-Transport-Security`: for hosts whose TLS is still on trial.
    pub const fn insecure_without_hsts(mut self) -> Self {
        self.hsts = None;
        self
    }

    /// Sends `X-Frame-Options`.
    pub const fn framing(mut self, framing: Framing) -> Self {
        self.framing = Some(framing);
        self
    }

    /// Sends `Referrer-Policy`.
    pub const fn referrer(mut self, referrer: ReferrerPolicy) -> Self {
        self.referrer = Some(referrer);
        self
    }

    /// Sends `Permissions-Policy`.
    pub fn permissions(mut self, permissions: PermissionsPolicy) -> Self {
        self.permissions = Some(permissions);
        self
    }

    /// Sends `Cross-Origin-Opener-Policy` to trustworthy origins.
    pub const fn opener(mut self, policy: OpenerPolicy) -> Self {
        self.opener.enforced = Some(policy);
        self
    }

    /// Sends `Cross-Origin-Opener-Policy-Report-Only` to trustworthy origins.
    pub const fn opener_report_only(mut self, policy: OpenerPolicy) -> Self {
        self.opener.reported = Some(policy);
        self
    }

    /// Sends `Cross-Origin-Embedder-Policy` to trustworthy origins.
    pub const fn embedder(mut self, policy: EmbedderPolicy) -> Self {
        self.embedder.enforced = Some(policy);
        self
    }

    /// Sends `Cross-Origin-Embedder-Policy-Report-Only` to trustworthy origins.
    pub const fn embedder_report_only(mut self, policy: EmbedderPolicy) -> Self {
        self.embedder.reported = Some(policy);
        self
    }

    /// Sends `Cross-Origin-Resource-Policy`.
    pub const fn resource(mut self, policy: ResourcePolicy) -> Self {
        self.resource = Some(policy);
        self
    }

    /// Sends `Integrity-Policy`.
    pub const fn integrity(mut self, policy: IntegrityPolicy) -> Self {
        self.integrity.enforced = Some(policy);
        self
    }

    /// Sends `Integrity-Policy-Report-Only`.
    pub const fn integrity_report_only(mut self, policy: IntegrityPolicy) -> Self {
        self.integrity.reported = Some(policy);
        self
    }

    /// Sends `Origin-Agent-Cluster: ?1` to trustworthy origins.
    pub const fn origin_agent_cluster(mut self) -> Self {
        self.origin_agent_cluster = true;
        self
    }

    /// Sends `Cache-Control: no-store`, unless the handler says what may be kept.
    pub const fn no_store(mut self) -> Self {
        self.no_store = true;
        self
    }

    /// Lets the handler's own value of a header win over ours.
    ///
    /// Otherwise ours replaces it. `Content-Security-Policy` is neither: the handler's is added and
    /// browsers obey both, so that it can take away but not give; to give, register a [`Grant`].
    /// Naming it here lets the handler's policy stand alone.
    pub fn handler_may_set(mut self, name: HeaderName) -> Self {
        self.handler_sets.push(name);
        self
    }

    /// Removes a header that the handler or a layer below has set.
    pub fn remove(mut self, name: HeaderName) -> Self {
        self.removed.push(name);
        self
    }

    /// Draws nonces from another source.
    pub fn with_nonces(mut self, nonces: impl NonceSource) -> Self {
        self.nonces = Arc::new(nonces);
        self
    }

    /// States what the application does beside the headers, for the findings.
    pub const fn beside(mut self, surroundings: Surroundings) -> Self {
        self.surroundings = surroundings;
        self
    }

    /// Returns everything that contradicts itself in this configuration, errors first.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        findings::of(self)
    }

    /// Makes the layer; its values are rendered here, once.
    ///
    /// # Errors
    ///
    /// Every finding, if one of them is an error. Warnings alone pass and are logged; read them
    /// with [`findings`](Self::findings).
    pub fn finish(self) -> Result<SecurityHeadersLayer, Findings> {
        let findings = self.findings();
        if findings.iter().any(|finding| finding.level() == crate::Level::Error) {
            return Err(Findings::new(findings));
        }
        for finding in findings {
            tracing::warn!(
                code = finding.code(),
                reason = finding.reason(),
                fix = finding.fix(),
                "headers disagree"
            );
        }
        Ok(SecurityHeadersLayer::new(self))
    }

    fn bare() -> Self {
        Self {
            enforced: Vec::new(),
            reported: Vec::new(),
            grants: Vec::new(),
            endpoint: None,
            hsts: None,
            framing: None,
            referrer: None,
            permissions: None,
            opener: Enforcement::NONE,
            embedder: Enforcement::NONE,
            resource: None,
            integrity: Enforcement::NONE,
            origin_agent_cluster: false,
            no_store: false,
            legacy: false,
            removed: vec![header::SERVER, HeaderName::from_static("x-powered-by")],
            handler_sets: vec![header::CACHE_CONTROL],
            surroundings: Surroundings::new(),
            nonces: Arc::new(SystemNonces),
        }
    }

    fn uses_nonce(&self) -> bool {
        self.enforced.iter().chain(&self.reported).any(Csp::uses_nonce)
    }
}

impl std::fmt::Debug for SecurityHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let policies: Vec<_> = self.enforced.iter().map(Csp::to_string).collect();
        f.debug_struct("SecurityHeaders").field("csp", &policies).finish_non_exhaustive()
    }
}
