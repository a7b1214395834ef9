//! What is wrong, by the facts.

use http::HeaderMap;
use http::header::{STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};

use super::deployment::Instances;
use super::facts::{Audit, Cors, Guard, Kept, Secret};
use super::place::{is_anywhere, is_loopback, is_named};
use super::policy::{Policy, frame_options};
#[cfg(feature = "ratelimit")]
use super::probe::holds_back;
use super::{Code, Deployment};

impl Deployment {
    fn https(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    pub(super) fn check_origin(&self, add: &mut impl FnMut(Code, String)) {
        match &self.url {
            None => add(Code::PublicUrlMissing, "no public url is stated".to_owned()),
            Some(url) if !self.https() && !is_loopback(url) => {
                add(Code::PublicUrlHttp, format!("the public url is {url}"));
            }
            Some(url) if self.https() && !self.ends_tls && self.trusts_nobody() => {
                let reason = format!("{url} is https, TLS ends elsewhere, and no proxy is trusted");
                add(Code::ForwardingUntrusted, reason);
            }
            Some(_) => {}
        }
        if self.https() && self.clear_text {
            add(Code::HttpsOptional, "clear text is answered as https is".to_owned());
        }
        for range in self.proxies.list().iter().filter(|range| is_anywhere(range)) {
            add(Code::ForwardingFromAnywhere, format!("{range} is trusted"));
        }
        match (&self.url, self.hosts.list()) {
            (_, []) if self.hosts.is_unknown() => {}
            (_, []) => add(Code::HostsAny, "no host is named".to_owned()),
            (Some(url), names) if !names.iter().any(|name| is_named(url, name)) => {
                add(Code::PublicUrlRefused, format!("{url} is none of the hosts"));
            }
            _ => {}
        }
    }

    fn trusts_nobody(&self) -> bool {
        self.proxies.list().is_empty() && !self.proxies.is_unknown()
    }

    pub(super) fn check_answer(&self, add: &mut impl FnMut(Code, String)) {
        const HALF_A_YEAR: u64 = 180 * 24 * 3600;
        let none = HeaderMap::new();
        let headers = self.answer.told.as_ref().unwrap_or(&none);
        if self.answer.is_unknown() {
            return;
        }
        let no = |name: &str| format!("a page is sent without {name}");
        let framed = if let Some(policy) = Policy::of(headers) {
            for hole in policy.holes {
                add(Code::CspPermissive, hole.to_owned());
            }
            policy.framed
        } else {
            add(Code::CspMissing, no("Content-Security-Policy"));
            !frame_options(headers)
        };
        if framed {
            add(Code::FramingAllowed, no("frame-ancestors and X-Frame-Options"));
        }
        let nosniff = headers.get(X_CONTENT_TYPE_OPTIONS);
        if nosniff.is_none_or(|value| !value.as_bytes().eq_ignore_ascii_case(b"nosniff")) {
            add(Code::SniffingAllowed, no("X-Content-Type-Options: nosniff"));
        }
        if self.https() {
            let promise = headers.get(STRICT_TRANSPORT_SECURITY);
            match promise.and_then(|value| max_age(value.to_str().ok()?)) {
                None | Some(0) => add(Code::HstsMissing, no("Strict-Transport-Security")),
                Some(seconds) if seconds < HALF_A_YEAR => {
                    add(Code::HstsShort, format!("the promise is kept for {seconds} seconds"));
                }
                Some(_) => {}
            }
        }
    }

    pub(super) fn check_cors(&self, add: &mut impl FnMut(Code, String)) {
        match &self.cors {
            Cors::Any => add(Code::CorsAny, "every origin may read".to_owned()),
            Cors::AnyWithCredentials => {
                let reason = "every origin may send credentials and read";
                add(Code::CorsAnyWithCredentials, reason.to_owned());
            }
            Cors::Nobody => {}
            Cors::Origins(origins) => {
                for origin in origins {
                    if origin == "null" {
                        add(Code::CorsNull, "the origin \"null\" may read".to_owned());
                    } else if origin.starts_with("http://") && !is_loopback(origin) {
                        add(Code::CorsPlainOrigin, format!("{origin} may read"));
                    }
                }
            }
        }
    }

    pub(super) fn check_logins(&self, add: &mut impl FnMut(Code, String)) {
        for (route, guards) in &self.logins {
            if !guards.contains(&Guard::Limit) && !self.may_limit(route) {
                add(Code::LoginUnlimited, format!("{route} has no limit"));
            }
            if !guards.contains(&Guard::Lockout) {
                add(Code::LoginNoLockout, format!("{route} does not count failures by account"));
            }
        }
    }

    /// Whether the limits hold a login back, as far as that is known.
    fn may_limit(&self, route: &str) -> bool {
        match &self.limits.told {
            Some(limits) => holds_back(limits, route).unwrap_or(true),
            None => self.limits.elsewhere,
        }
    }

    pub(super) fn check_keeping(&self, add: &mut impl FnMut(Code, String)) {
        for (name, secret) in &self.secrets {
            match secret {
                Secret::Given => {}
                Secret::Made => {
                    add(Code::SecretMade, format!("{name} was made by the program"));
                }
                Secret::Weak(why) => add(Code::SecretWeak, format!("{name}: {why}")),
            }
        }
        if self.instances == Instances::Many {
            for (name, kept) in &self.kept {
                let place = match kept {
                    Kept::Machine => "on one machine",
                    Kept::Memory => "in the memory of one process",
                    Kept::Shared => continue,
                };
                add(Code::StoresInMemory, format!("{name}: kept {place}, by several instances"));
            }
        }
        match self.audit.told {
            None if self.audit.elsewhere => {}
            None => add(Code::AuditMissing, "no audit log is stated".to_owned()),
            Some(Audit::Written) => {
                add(Code::AuditUnsynced, "events are acknowledged before a sync".to_owned());
            }
            Some(Audit::Unawaited) => {
                add(Code::AuditUnsynced, "answers do not wait for their events".to_owned());
            }
            Some(Audit::Synced) => {}
        }
    }
}

/// There are no limits to ask.
#[cfg(not(feature = "ratelimit"))]
const fn holds_back(never: &super::deployment::Limits, _route: &str) -> Option<bool> {
    match *never {}
}

/// Reads the seconds of a promise (RFC 6797 6.1.1).
fn max_age(value: &str) -> Option<u64> {
    let directives = value.split(';').filter_map(|directive| directive.split_once('='));
    let mut ages = directives.filter(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"));
    ages.next().and_then(|(_, age)| age.trim().trim_matches('"').parse().ok())
}
