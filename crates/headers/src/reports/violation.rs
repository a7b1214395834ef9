//! What a report says, in a bounded form that two reports of one cause share.

use super::address::shown;
use super::parse::Report;
use crate::csp::Directive;

/// Whether something was blocked or would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Disposition {
    /// It was blocked.
    Enforced,
    /// A policy that is only tried would have blocked it.
    Tried,
}

impl Disposition {
    /// Returns the word of reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforced => "enforce",
            Self::Tried => "report",
        }
    }
}

/// One thing that browsers refused on one page.
///
/// Its texts are visible ASCII of at most 256 bytes, without query strings, and come from whoever
/// sent the report.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    policy: Box<str>,
    what: &'static str,
    disposition: Disposition,
    page: Box<str>,
    blocked: Box<str>,
    source: Option<Box<str>>,
}

impl Violation {
    /// Reads a report about the policies of an endpoint; `None` for what is about no directive and
    /// no policy that we know, or names no page.
    #[must_use]
    pub fn read(policy: &str, report: &Report<'_>) -> Option<Self> {
        let page = report.page.text()?;
        Some(Self {
            policy: policy.into(),
            what: what(report)?,
            disposition: match report.disposition.text() {
                Some("report" | "reporting") => Disposition::Tried,
                _ => Disposition::Enforced,
            },
            page: shown(page),
            blocked: shown(report.blocked.text().unwrap_or_default()),
            source: report.source.text().map(shown),
        })
    }

    /// Returns the name of the endpoint, which tells policies apart.
    #[must_use]
    pub const fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns the directive, or the policy where it is none of the CSP.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// Returns whether it was blocked.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        self.disposition
    }

    /// Returns the address of the page.
    #[must_use]
    pub const fn page(&self) -> &str {
        &self.page
    }

    /// Returns what was refused: an address, a scheme, or a word such as `inline` or `eval`.
    #[must_use]
    pub const fn blocked(&self) -> &str {
        &self.blocked
    }

    /// Returns the file that asked for it, where the browser tells.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }
}

fn what(report: &Report<'_>) -> Option<&'static str> {
    match report.kind.text()? {
        "csp-violation" => {
            let name = report.directive.text()?.split_ascii_whitespace().next()?;
            let list = Directive::ALL.iter().map(|directive| directive.as_str());
            list.chain(MORE.iter().copied()).find(|known| *known == name)
        }
        "coep" => Some("cross-origin-embedder-policy"),
        "coop" => Some("cross-origin-opener-policy"),
        "integrity-violation" => Some("integrity-policy"),
        "permissions-policy-violation" => Some("permissions-policy"),
        _ => None,
    }
}

/// Directives without a list of sources.
const MORE: &[&str] = &["require-trusted-types-for", "sandbox", "trusted-types"];
