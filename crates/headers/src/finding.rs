//! What does not hold together in a configuration.

use std::fmt;

/// How much a [`Finding`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// Weaker or noisier than it looks; the program may start.
    Warning,
    /// Does not do what it says; the program must not start.
    Error,
}

/// One disagreement between settings: a code that never changes, the reason and the fix.
///
/// What cannot be written needs no finding: a preload promise without subdomains, `report-to`
/// without an endpoint, `upgrade-insecure-requests` and HSTS in clear text, `Clear-Site-Data` outside
/// of [`Logout`](crate::cookies::Logout), directives that browsers no longer know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    code: &'static str,
    level: Level,
    reason: String,
    fix: &'static str,
}

impl Finding {
    /// Every code, in alphabetical order.
    pub const CODES: &'static [&'static str] = &[
        "cors_blocked_by_resource_policy",
        "csp_any_host",
        "csp_base_uri_open",
        "csp_dead_address",
        "csp_dead_grant",
        "csp_dead_unsafe_hashes",
        "csp_dead_unsafe_inline",
        "csp_injection",
        "csp_sandbox_stops_scripts",
        "csp_strict_dynamic_alone",
        "csp_unrestricted",
        "embedder_blocks_allowed_hosts",
        "framing_disagrees",
        "grant_twice",
        "no_referrer_nulls_origin",
        "report_only_unheard",
        "same_site_none_unframed",
        "sandbox_nulls_origin",
    ];

    pub(crate) fn error(code: &'static str, reason: impl Into<String>, fix: &'static str) -> Self {
        Self { code, level: Level::Error, reason: reason.into(), fix }
    }

    pub(crate) fn warning(
        code: &'static str,
        reason: impl Into<String>,
        fix: &'static str,
    ) -> Self {
        Self { code, level: Level::Warning, reason: reason.into(), fix }
    }

    /// Returns the machine word, lower case words joined by `_`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Returns how much it matters.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Returns what a browser does with this configuration.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns what to change.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        self.fix
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.code, self.reason, self.fix)
    }
}

/// Every finding of a configuration that must not start, warnings included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response headers contradict each other:{}", Lines(&self.all))]
pub struct Findings {
    all: Vec<Finding>,
}

impl Findings {
    pub(crate) const fn new(all: Vec<Finding>) -> Self {
        Self { all }
    }

    /// Returns the findings, errors first.
    #[must_use]
    pub fn all(&self) -> &[Finding] {
        &self.all
    }
}

struct Lines<'a>(&'a [Finding]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
    }
}
