//! From cleartext to TLS, where that is safe.

mod layer;
mod refusal;

use http::header::{ACCEPT, AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::external_url::{ExternalUrl, Target};
use crate::{AllowedHosts, ExemptPaths};

pub use layer::{HttpsRedirect, HttpsRedirectLayer};
pub use refusal::HttpsRefusal;

/// What cleartext requests get.
///
/// A request that a browser may repeat unharmed is redirected to the same path over https. One
/// that changes something, or that carries a secret for an API, is refused: redirecting it would
/// work, so nobody would notice that the secret crosses the network in clear each time.
///
/// The target's host is always one of the allowed ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpsPolicy {
    exempt: ExemptPaths,
    hosts: AllowedHosts,
    port: u16,
}

/// What a request gets; see [`HttpsPolicy::decide`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: to pass, to be sent on, to be refused")]
pub enum HttpsDecision {
    /// It is over https, or its path is exempt.
    Pass,
    /// It goes to this URL, with 308 (RFC 9110 15.4.9).
    Redirect(HeaderValue),
    /// It is refused.
    Refuse(HttpsRefusal),
}

impl HttpsPolicy {
    /// Redirects to these hosts on port 443; health checks and certificate proofs pass in clear.
    #[must_use]
    pub fn new(hosts: AllowedHosts) -> Self {
        Self { exempt: ExemptPaths::health_and_acme(), hosts, port: 443 }
    }

    /// Lets these paths answer in clear; [`ExemptPaths::health_and_acme`] unless called.
    #[must_use]
    pub fn exempt(mut self, paths: ExemptPaths) -> Self {
        self.exempt = paths;
        self
    }

    /// Redirects to this port.
    #[must_use]
    pub const fn port(mut self, port: std::num::NonZeroU16) -> Self {
        self.port = port.get();
        self
    }

    /// Decides about a request by the URL that the browser saw.
    ///
    /// Refused are: methods that are not safe (RFC 9110 9.2.1), `Authorization` and
    /// `Proxy-Authorization`, cookies without `Accept: text/html` (a script's call; a browser that
    /// follows a link has to be led to https), and hosts that are not allowed.
    ///
    /// # Cost
    ///
    /// No allocation and one comparison over https; the URL of a redirect is one allocation.
    #[must_use]
    pub fn decide(
        &self,
        method: &Method,
        target: Target<'_>,
        url: Option<&ExternalUrl>,
    ) -> HttpsDecision {
        if url.is_some_and(ExternalUrl::is_https) || self.exempt.contains(method, target.uri()) {
            return HttpsDecision::Pass;
        }
        let Some(url) = url else { return HttpsDecision::Refuse(HttpsRefusal::NoUrl) };
        if !method.is_safe() {
            return HttpsDecision::Refuse(HttpsRefusal::UnsafeMethod);
        }
        if carries_secret(target.headers()) {
            return HttpsDecision::Refuse(HttpsRefusal::SecretInClear);
        }
        // A port of the pattern is the port of https, which the request in clear does not have.
        if !self.hosts.allows(url.host(), Some(url.port()))
            && !self.hosts.allows(url.host(), Some(self.port))
        {
            return HttpsDecision::Refuse(HttpsRefusal::UnknownHost);
        }
        let location = self.location(url, target.uri());
        location.map_or(HttpsDecision::Refuse(HttpsRefusal::UnknownHost), HttpsDecision::Redirect)
    }

    fn location(&self, url: &ExternalUrl, target: &Uri) -> Option<HeaderValue> {
        let path = target.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let (root, path) = match path.as_bytes().first() {
            Some(b'/') => ("", path),
            Some(b'?') => ("/", path), // `GET http://example.com?query`
            _ => ("/", ""),            // `OPTIONS *`
        };
        let host = url.host();
        let location = match self.port {
            443 => format!("https://{host}{root}{path}"),
            port => format!("https://{host}:{port}{root}{path}"),
        };
        HeaderValue::try_from(location).ok()
    }
}

fn carries_secret(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
        || headers.contains_key(PROXY_AUTHORIZATION)
        || (headers.contains_key(COOKIE) && !wants_a_page(headers))
}

/// Tells whether the answer is for a person to look at.
fn wants_a_page(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|line| {
        line.as_bytes().split(|byte| *byte == b',').any(|range| {
            let media = range.split(|byte| *byte == b';').next().unwrap_or_default();
            media.trim_ascii().eq_ignore_ascii_case(b"text/html")
        })
    })
}
