//! Headers rendered ahead: one map per site and registered grant.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::SecurityHeaders;
use crate::Site;
use crate::csp::{Csp, Grant, Rendering, Text};
use crate::value::{EmbedderPolicy, OpenerPolicy, Reporting};

/// The headers of one kind of response, ready to be cloned.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// All headers, with policies as they are when no nonce was drawn.
    pub(super) headers: HeaderMap,
    /// The policies that a drawn nonce goes into.
    pub(super) nonced: Vec<(HeaderName, Text)>,
}

/// One [`Template`] per [`Site`].
#[derive(Clone, Debug)]
pub(super) struct Templates {
    http: Template,
    https: Template,
    loopback: Template,
}

impl Templates {
    pub(super) fn of(set: &SecurityHeaders, report: Option<&Reporting>, grants: &[&Grant]) -> Self {
        let [http, https, loopback] = Site::ALL.map(|site| Template::of(set, report, site, grants));
        Self { http, https, loopback }
    }

    pub(super) const fn at(&self, site: Site) -> &Template {
        match site {
            Site::Http => &self.http,
            Site::Https => &self.https,
            Site::LoopbackHttp => &self.loopback,
        }
    }
}

impl Template {
    pub(super) fn of(
        set: &SecurityHeaders,
        report: Option<&Reporting>,
        site: Site,
        grants: &[&Grant],
    ) -> Self {
        // Room for the handler's names too, so that the index of a clone need not grow.
        let headers = HeaderMap::with_capacity(24);
        let mut template = Self { headers, nonced: Vec::new() };
        let rendering = Rendering { https: site.is_https(), report };
        let widened = |policies: &[Csp]| -> Vec<Csp> {
            let widen =
                |policy: &Csp| grants.iter().fold(policy.clone(), |p, grant| p.widened(grant));
            policies.iter().map(widen).collect()
        };
        template.policies(header::CONTENT_SECURITY_POLICY, &widened(&set.enforced), rendering);
        let tried = widened(&set.reported);
        template.policies(header::CONTENT_SECURITY_POLICY_REPORT_ONLY, &tried, rendering);
        let framed = grants.iter().any(|grant| grant.widens_framing());
        let values = fixed_headers(set, report, site, framed);
        for (name, value) in values.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            template.headers.insert(name, value);
        }
        // The first clone of a value allocates its reference count: here, not in a response.
        drop(template.headers.clone());
        template
    }

    fn policies(&mut self, name: HeaderName, policies: &[Csp], rendering: Rendering<'_>) {
        if policies.is_empty() {
            return;
        }
        let text = Text::of(policies, rendering);
        if let Some(value) = value(&Text::without_nonce(policies, rendering)) {
            self.headers.insert(name.clone(), value);
        }
        if text.has_gaps() {
            self.nonced.push((name, text));
        }
    }
}

fn fixed_headers(
    set: &SecurityHeaders,
    report: Option<&Reporting>,
    site: Site,
    framed: bool,
) -> [(HeaderName, Option<HeaderValue>); 19] {
    let trustworthy = site.is_trustworthy();
    let https = site.is_https();
    // A group that no Reporting-Endpoints header announces would be a console message.
    let announced = report.filter(|_| https);
    let group = announced.map(|report| report.name.as_str());
    let isolation =
        |policy: Option<&'static str>| {
            let policy = policy.filter(|_| trustworthy)?;
            value(&group.map_or_else(
                || policy.to_owned(),
                |group| format!("{policy}; report-to=\"{group}\""),
            ))
        };
    let legacy = |text| set.legacy.then(|| fixed(text));
    [
        (
            name("cross-origin-embedder-policy"),
            isolation(set.embedder.enforced.map(EmbedderPolicy::as_str)),
        ),
        (
            name("cross-origin-embedder-policy-report-only"),
            isolation(set.embedder.reported.map(EmbedderPolicy::as_str)),
        ),
        (
            name("cross-origin-opener-policy"),
            isolation(set.opener.enforced.map(OpenerPolicy::as_str)),
        ),
        (
            name("cross-origin-opener-policy-report-only"),
            isolation(set.opener.reported.map(OpenerPolicy::as_str)),
        ),
        (name("cross-origin-resource-policy"), set.resource.map(|p| fixed(p.as_str()))),
        (name("integrity-policy"), set.integrity.enforced.and_then(|p| value(&p.field(group)))),
        (
            name("integrity-policy-report-only"),
            set.integrity.reported.and_then(|p| value(&p.field(group))),
        ),
        (
            name("origin-agent-cluster"),
            (set.origin_agent_cluster && trustworthy).then(|| fixed("?1")),
        ),
        (name("permissions-policy"), set.permissions.as_ref().and_then(|p| value(&p.to_string()))),
        (header::REFERRER_POLICY, set.referrer.map(|p| fixed(p.as_str()))),
        (name("reporting-endpoints"), announced.and_then(|report| value(&report.field()))),
        (
            header::STRICT_TRANSPORT_SECURITY,
            set.hsts.filter(|_| https).and_then(|p| value(&p.to_string())),
        ),
        (header::CACHE_CONTROL, set.no_store.then(|| fixed("no-store"))),
        (header::X_CONTENT_TYPE_OPTIONS, Some(fixed("nosniff"))),
        (header::X_FRAME_OPTIONS, set.framing.filter(|_| !framed).map(|p| fixed(p.as_str()))),
        (header::X_XSS_PROTECTION, legacy("0")),
        (header::X_DNS_PREFETCH_CONTROL, legacy("off")),
        (name("x-download-options"), legacy("noopen")),
        (name("x-permitted-cross-domain-policies"), legacy("none")),
    ]
}

/// Every value comes from a type that admits visible ASCII only.
fn value(text: &str) -> Option<HeaderValue> {
    (!text.is_empty()).then(|| HeaderValue::from_str(text).ok()).flatten()
}

const fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

const fn fixed(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}
