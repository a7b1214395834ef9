//! Response headers, and what browsers report about them.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::REFERRER_POLICY;
use http::{Extensions, HeaderMap};
use palisade_core::Clock;
use palisade_edge::ExternalUrl;
use palisade_headers::reports::Collector;
use palisade_headers::{
    ConfigError, Findings, SecurityHeaders, SecurityHeadersLayer, Surroundings,
};
use palisade_passwords::SecretKeys;
use sha2::{Digest, Sha256};

use crate::config::{Config, PublicUrl};

/// Where browsers send reports; outside of sessions, limits and cross-site checks.
pub(crate) const REPORTS: &str = "/api/v1/csp-reports";

/// Why there are no headers, which is a mistake of the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum HeadersError {
    #[error(transparent)]
    Findings(#[from] Findings),
    #[error(transparent)]
    Value(#[from] ConfigError),
}

/// The strict set, from the first answer on; with the address for reports once there is a key to
/// sign it.
#[derive(Clone)]
pub(crate) struct Headers {
    set: SecurityHeaders,
    starting: SecurityHeadersLayer,
    open: Arc<OnceLock<SecurityHeadersLayer>>,
}

impl Headers {
    /// HSTS is a promise about the public url: without one of https nothing is promised.
    pub(crate) fn new(config: &Config) -> Result<Self, HeadersError> {
        let beside = Surroundings::new().cross_origin_checks();
        // What shows data of people is kept by nobody on the way, unless the route says otherwise.
        let mut set = SecurityHeaders::strict().no_store().beside(beside);
        // Links of mails hold a token: their pages say nothing to other sites.
        set = set.handler_may_set(REFERRER_POLICY);
        if !config.public_url.as_ref().is_some_and(PublicUrl::is_https) {
            set = set.insecure_without_hsts();
        }
        let starting = set.clone().finish()?;
        Ok(Self { set, starting, open: Arc::new(OnceLock::new()) })
    }

    /// Shows what a page is sent with, to a browser that sees `site`.
    pub(crate) fn shown(&self, site: Option<ExternalUrl>) -> HeaderMap {
        let mut of_request = Extensions::new();
        if let Some(site) = site {
            of_request.insert(site);
        }
        let mut response = http::Response::new(());
        self.starting.open(&mut of_request).close(&mut response);
        response.into_parts().0.headers
    }

    /// Has browsers report to the collector from now on.
    pub(crate) fn report_to(&self, collector: &Collector) -> Result<(), HeadersError> {
        let endpoint = collector.endpoint("pages", REPORTS)?;
        let layer = self.set.clone().report_to(endpoint).finish()?;
        // A second call cannot happen and would change nothing.
        let _ = self.open.set(layer);
        Ok(())
    }
}

/// Collects reports to addresses that all instances with this secret key sign alike.
pub(crate) fn collector(
    keys: &SecretKeys,
    clock: Arc<dyn Clock>,
) -> Result<Collector, HeadersError> {
    let key = Sha256::digest(keys.sign("exam-portal reports", b""));
    Ok(Collector::new(&key, clock)?)
}

/// Writes the headers of every answer.
pub(crate) async fn write(
    State(headers): State<Headers>,
    mut request: Request,
    next: Next,
) -> Response {
    let layer = headers.open.get().unwrap_or(&headers.starting);
    let exchange = layer.open(request.extensions_mut());
    let mut response = next.run(request).await;
    exchange.close(&mut response);
    response
}
