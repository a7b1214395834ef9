//! The presets: compositions of typed values.

use super::SecurityHeaders;
use crate::csp::Csp;
use crate::value::{
    Framing, Hsts, OpenerPolicy, PermissionsPolicy, ReferrerPolicy, ResourcePolicy,
};

impl SecurityHeaders {
    /// Server-rendered pages.
    ///
    /// | header | value | source |
    /// |---|---|---|
    /// | `Content-Security-Policy` | [`Csp::strict`] | OWASP ASVS 5.0 3.4.3 (level 3), 3.4.6 |
    /// | `Strict-Transport-Security` | two years, subdomains; https only | ASVS 3.4.1, OWASP Secure Headers |
    /// | `X-Content-Type-Options` | `nosniff` | ASVS 3.4.4 |
    /// | `X-Frame-Options` | `DENY` | OWASP Secure Headers; for browsers before `frame-ancestors` |
    /// | `Referrer-Policy` | `strict-origin-when-cross-origin` | ASVS 3.4.5 |
    /// | `Permissions-Policy` | [`PermissionsPolicy::deny_powerful`] | OWASP Secure Headers |
    /// | `Cross-Origin-Opener-Policy` | `same-origin`; https and loopback | ASVS 3.4.8 |
    /// | `Cross-Origin-Resource-Policy` | `same-origin` | ASVS 3.5.8 |
    /// | `Origin-Agent-Cluster` | `?1`; https and loopback | HTML |
    ///
    /// `Server` and `X-Powered-By` are removed. `Referrer-Policy` is not `no-referrer`: with it
    /// browsers send `Origin: null` with the site's own forms (rails/rails#30780).
    pub fn strict() -> Self {
        let mut headers = Self::bare().csp(Csp::strict());
        headers.hsts = Some(Hsts::two_years().include_subdomains());
        headers.framing = Some(Framing::Deny);
        headers.referrer = Some(ReferrerPolicy::StrictOriginWhenCrossOrigin);
        headers.permissions = Some(PermissionsPolicy::deny_powerful());
        headers.opener.enforced = Some(OpenerPolicy::SameOrigin);
        headers.resource = Some(ResourcePolicy::SameOrigin);
        headers.origin_agent_cluster = true;
        headers
    }

    /// JSON: nothing may be loaded or framed, nothing is kept by caches unless the handler says so.
    ///
    /// [`Csp::api`], HSTS as in [`strict`](Self::strict), `nosniff`, `Cache-Control: no-store`,
    /// `Cross-Origin-Resource-Policy: same-origin`; no nonce.
    pub fn api() -> Self {
        let mut headers = Self::bare().csp(Csp::api()).no_store();
        headers.hsts = Some(Hsts::two_years().include_subdomains());
        headers.resource = Some(ResourcePolicy::SameOrigin);
        headers
    }

    /// What the Node package helmet 8.3 sends by default, to the byte, for moves from there.
    ///
    /// Over clear text without `Strict-Transport-Security` (RFC 6797 7.2) and
    /// `upgrade-insecure-requests` (helmetjs/helmet#429), and without what only works on
    /// trustworthy origins. `style-src` holds `'unsafe-inline'`, scripts do not.
    pub fn compat() -> Self {
        let mut headers = Self::bare().csp(Csp::compat());
        headers.hsts = Some(Hsts::one_year().include_subdomains());
        headers.framing = Some(Framing::SameOrigin);
        headers.referrer = Some(ReferrerPolicy::NoReferrer);
        headers.opener.enforced = Some(OpenerPolicy::SameOrigin);
        headers.resource = Some(ResourcePolicy::SameOrigin);
        headers.origin_agent_cluster = true;
        headers.legacy = true;
        headers
    }

    /// [`strict`](Self::strict) for a developer's machine: enforced alike, but no HSTS, which would
    /// lock `localhost` to https for every other project on it.
    pub fn dev() -> Self {
        Self::strict().insecure_without_hsts()
    }
}
