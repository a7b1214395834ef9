//! The facts about a deployment, and what follows from them.

use http::HeaderMap;
use http::header::{STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};

use super::files::Exposed;
use super::place::{is_anywhere, is_loopback};
use super::policy::{Policy, frame_options};
use super::{Code, Finding, Findings};

/// Who may read answers from another site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cors {
    /// Every site, without credentials: `Access-Control-Allow-Origin: *`.
    Any,
    /// Every site, with credentials: the origin of the request is sent back.
    AnyWithCredentials,
    /// Nobody: no header is sent.
    #[default]
    Nobody,
    /// These origins.
    Origins(Vec<String>),
}

/// What stands before a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// A limit by client address.
    Limit,
    /// A lockout by account.
    Lockout,
}

/// Where something is kept that instances should share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// On this machine: a file.
    Machine,
    /// In this process.
    Memory,
    /// Where all instances reach it.
    Shared,
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Secret {
    /// From the operator; whoever read it has checked it.
    Given,
    /// From the program.
    Made,
    /// From the operator, and it can be guessed, for this reason.
    Weak(&'static str),
}

/// How an audit log keeps what it has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audit {
    /// On the disk.
    Synced,
    /// With the system.
    Written,
}

/// What an application knows about the way it is deployed.
///
/// Nothing told is nothing that protects: no host is named, no header sent, no proxy trusted. Of
/// logins, secrets, stores and files there are those that are told.
///
/// # Example
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use palisade::check::{Audit, Code, Deployment, Guard};
///
/// let mut answer = HeaderMap::new();
/// answer.insert("content-security-policy", HeaderValue::from_static(
///     "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
/// ));
/// answer.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
/// let findings = Deployment::new()
///     .public_url("https://exams.example.org")
///     .proxies(["10.0.0.1"])
///     .hosts(["exams.example.org"])
///     .answer(&answer)
///     .login("POST /login", &[Guard::Limit, Guard::Lockout])
///     .audit(Audit::Synced)
///     .check();
/// assert_eq!(findings.all().len(), 1);
/// assert_eq!(findings.all()[0].code(), Code::HstsMissing);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a deployment is not checked until `check` is called"]
pub struct Deployment {
    url: Option<String>,
    instances: Instances,
    ends_tls: bool,
    proxies: Vec<String>,
    hosts: Vec<String>,
    answer: HeaderMap,
    cors: Cors,
    logins: Vec<(String, Vec<Guard>)>,
    secrets: Vec<(String, Secret)>,
    kept: Vec<(String, Kept)>,
    audit: Option<Audit>,
    seen: Vec<Finding>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Instances {
    Many,
    #[default]
    One,
}

impl Deployment {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// States the origin that people type, such as `https://exams.example.org`.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// States that several instances serve one site.
    pub const fn several_instances(mut self) -> Self {
        self.instances = Instances::Many;
        self
    }

    /// States that this process ends TLS.
    pub const fn ends_tls(mut self) -> Self {
        self.ends_tls = true;
        self
    }

    /// Names the proxies that are trusted, as addresses or networks (`10.0.0.0/8`).
    pub fn proxies<I: IntoIterator<Item: Into<String>>>(mut self, ranges: I) -> Self {
        self.proxies.extend(ranges.into_iter().map(Into::into));
        self
    }

    /// Names the hosts that are answered.
    pub fn hosts<I: IntoIterator<Item: Into<String>>>(mut self, names: I) -> Self {
        self.hosts.extend(names.into_iter().map(Into::into));
        self
    }

    /// Shows the headers that the application sends with a page, on https where it speaks it.
    pub fn answer(mut self, headers: &HeaderMap) -> Self {
        self.answer.extend(headers.clone());
        self
    }

    /// States who may read from other sites.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    /// Names a route that takes passwords, and what stands before it.
    pub fn login(mut self, route: impl Into<String>, guards: &[Guard]) -> Self {
        self.logins.push((route.into(), guards.to_vec()));
        self
    }

    /// Names a secret.
    pub fn secret(mut self, name: impl Into<String>, secret: Secret) -> Self {
        self.secrets.push((name.into(), secret));
        self
    }

    /// Names something that instances should share: limits, lockouts, sessions, what ends caches.
    pub fn kept(mut self, name: impl Into<String>, kept: Kept) -> Self {
        self.kept.push((name.into(), kept));
        self
    }

    /// States how the audit log keeps events.
    pub const fn audit(mut self, audit: Audit) -> Self {
        self.audit = Some(audit);
        self
    }

    /// Names files that others may read: those of [`exposed`](super::exposed).
    pub fn files(mut self, files: impl IntoIterator<Item = Exposed>) -> Self {
        let found = files.into_iter().map(|file| {
            let (path, mode) = (file.path().display(), file.mode());
            Finding::new(Code::DataReadable, format!("{path} has the mode {mode:04o}"))
        });
        self.seen.extend(found);
        self
    }

    /// Adds what the application sees for itself: [`Code::DebugBuild`], [`Code::DemoAccounts`].
    pub fn seen(mut self, code: Code, reason: impl Into<String>) -> Self {
        self.seen.push(Finding::new(code, reason));
        self
    }

    /// Says everything that is wrong.
    ///
    /// # Cost
    ///
    /// No I/O; some allocations for each fact.
    #[must_use]
    pub fn check(&self) -> Findings {
        let mut found = self.seen.clone();
        let mut add = |code, reason: String| found.push(Finding::new(code, reason));
        self.check_origin(&mut add);
        self.check_answer(&mut add);
        self.check_cors(&mut add);
        self.check_logins(&mut add);
        self.check_keeping(&mut add);
        Findings::new(found)
    }

    fn https(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    fn check_origin(&self, add: &mut impl FnMut(Code, String)) {
        match &self.url {
            None => add(Code::PublicUrlMissing, "no public url is stated".to_owned()),
            Some(url) if !self.https() && !is_loopback(url) => {
                add(Code::PublicUrlHttp, format!("the public url is {url}"));
            }
            Some(url) if self.https() && !self.ends_tls && self.proxies.is_empty() => {
                let reason = format!("{url} is https, TLS ends elsewhere, and no proxy is trusted");
                add(Code::ForwardingUntrusted, reason);
            }
            Some(_) => {}
        }
        for range in self.proxies.iter().filter(|range| is_anywhere(range)) {
            add(Code::ForwardingFromAnywhere, format!("{range} is trusted"));
        }
        if self.hosts.is_empty() {
            add(Code::HostsAny, "no host is named".to_owned());
        }
    }

    fn check_answer(&self, add: &mut impl FnMut(Code, String)) {
        const HALF_A_YEAR: u64 = 180 * 24 * 3600;
        let headers = &self.answer;
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

    fn check_cors(&self, add: &mut impl FnMut(Code, String)) {
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

    fn check_logins(&self, add: &mut impl FnMut(Code, String)) {
        for (route, guards) in &self.logins {
            if !guards.contains(&Guard::Limit) {
                add(Code::LoginUnlimited, format!("{route} has no limit"));
            }
            if !guards.contains(&Guard::Lockout) {
                add(Code::LoginNoLockout, format!("{route} does not count failures by account"));
            }
        }
    }

    fn check_keeping(&self, add: &mut impl FnMut(Code, String)) {
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
        match self.audit {
            None => add(Code::AuditMissing, "no audit log is stated".to_owned()),
            Some(Audit::Written) => {
                add(Code::AuditUnsynced, "events are acknowledged before a sync".to_owned());
            }
            Some(Audit::Synced) => {}
        }
    }
}

/// Reads the seconds of a promise (RFC 6797 6.1.1).
fn max_age(value: &str) -> Option<u64> {
    let directives = value.split(';').filter_map(|directive| directive.split_once('='));
    let mut ages = directives.filter(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"));
    ages.next().and_then(|(_, age)| age.trim().trim_matches('"').parse().ok())
}
