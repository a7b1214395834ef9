//! The facts about a deployment, and what follows from them.

use http::HeaderMap;
#[cfg(feature = "ratelimit")]
use palisade_ratelimit::Limits;

use super::facts::{Audit, Cors, Duty, Fact, Guard, Kept, Secret};
use super::files::Exposed;
use super::{Code, Finding, Findings};

/// There are none to show.
#[cfg(not(feature = "ratelimit"))]
#[derive(Clone, Debug)]
pub(super) enum Limits {}

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
    pub(super) url: Option<String>,
    pub(super) instances: Instances,
    pub(super) ends_tls: bool,
    pub(super) clear_text: bool,
    pub(super) proxies: Fact<Vec<String>>,
    pub(super) hosts: Fact<Vec<String>>,
    pub(super) answer: Fact<HeaderMap>,
    pub(super) cors: Cors,
    pub(super) limits: Fact<Limits>,
    pub(super) logins: Vec<(String, Vec<Guard>)>,
    pub(super) secrets: Vec<(String, Secret)>,
    pub(super) kept: Vec<(String, Kept)>,
    pub(super) audit: Fact<Audit>,
    seen: Vec<Finding>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Instances {
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

    /// States that a request in clear text is answered as one over https is.
    pub const fn answers_clear_text(mut self) -> Self {
        self.clear_text = true;
        self
    }

    /// States that something else sees to it, of which nothing is known: nothing is said about it
    /// unless it is told all the same.
    pub const fn elsewhere(mut self, duty: Duty) -> Self {
        match duty {
            Duty::Answer => self.answer.elsewhere = true,
            Duty::Audit => self.audit.elsewhere = true,
            Duty::Forwarding => self.proxies.elsewhere = true,
            Duty::Hosts => self.hosts.elsewhere = true,
            Duty::Limits => self.limits.elsewhere = true,
        }
        self
    }

    /// Names the proxies that are trusted, as addresses or networks (`10.0.0.0/8`).
    pub fn proxies<I: IntoIterator<Item: Into<String>>>(mut self, ranges: I) -> Self {
        self.proxies.told.get_or_insert_default().extend(ranges.into_iter().map(Into::into));
        self
    }

    /// Names the hosts that are answered.
    pub fn hosts<I: IntoIterator<Item: Into<String>>>(mut self, names: I) -> Self {
        self.hosts.told.get_or_insert_default().extend(names.into_iter().map(Into::into));
        self
    }

    /// Shows the headers that the application sends with a page, on https where it speaks it.
    pub fn answer(mut self, headers: &HeaderMap) -> Self {
        self.answer.told.get_or_insert_default().extend(headers.clone());
        self
    }

    /// States who may read from other sites.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    /// Names a route that takes passwords, such as `POST /login`, and what stands before it beside
    /// the limits that are shown.
    pub fn login(mut self, route: impl Into<String>, guards: &[Guard]) -> Self {
        self.logins.push((route.into(), guards.to_vec()));
        self
    }

    /// Shows the limits that stand before every route: which logins they hold back.
    ///
    /// [`check`](Self::check) asks them for each login whether they would count a client at an
    /// address that nobody has (192.0.2.0, RFC 5737) who has not signed in.
    #[cfg(feature = "ratelimit")]
    pub fn limits(mut self, limits: &Limits) -> Self {
        self.limits.told = Some(limits.clone());
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
        self.audit.told = Some(audit);
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
}
