//! One entry of a source list.

use std::fmt;
use std::str::FromStr;

use super::{Hash, Host, Scheme};
use crate::ConfigError;

/// One entry of a source list (CSP 3 2.3.1). `'none'` is the empty list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// `*`: any host over the network.
    Any,
    /// The block or file with this hash.
    Hash(Hash),
    /// A host.
    Host(Host),
    /// `'inline-speculation-rules'`: speculation rules without a nonce.
    InlineSpeculationRules,
    /// Elements that carry the nonce of this response.
    Nonce,
    /// `'report-sample'`: reports show the first 40 characters of what was blocked.
    ReportSample,
    /// Everything under a scheme.
    Scheme(Scheme),
    /// `'strict-dynamic'`: what a trusted script loads is trusted; hosts no longer count.
    StrictDynamic,
    /// `'self'`: the origin of the page.
    This,
    /// `'trusted-types-eval'`: `eval` of what a Trusted Types policy made.
    TrustedTypesEval,
    /// `'unsafe-eval'`.
    UnsafeEval,
    /// `'unsafe-hashes'`: hashes count for attributes too.
    UnsafeHashes,
    /// `'unsafe-inline'`.
    UnsafeInline,
    /// `'wasm-unsafe-eval'`: WebAssembly may be compiled.
    WasmUnsafeEval,
}

impl Source {
    /// Reads a host; see [`Host`].
    ///
    /// # Errors
    ///
    /// As [`Host`] parses.
    pub fn host(text: &str) -> Result<Self, ConfigError> {
        text.parse().map(Self::Host)
    }

    /// Takes a scheme without its colon; see [`Scheme::new`].
    ///
    /// # Errors
    ///
    /// As [`Scheme::new`].
    pub fn scheme(name: &str) -> Result<Self, ConfigError> {
        Scheme::new(name).map(Self::Scheme)
    }

    /// Returns whether it lets something in by itself; the others only change what that means.
    pub(crate) const fn admits(&self) -> bool {
        !matches!(
            self,
            Self::ReportSample | Self::StrictDynamic | Self::TrustedTypesEval | Self::UnsafeHashes
        )
    }

    /// Returns whether it matches by where a script comes from, which `'strict-dynamic'` ignores.
    pub(crate) const fn matches_by_address(&self) -> bool {
        matches!(self, Self::Any | Self::Host(_) | Self::Scheme(_) | Self::This)
    }

    /// Returns whether it lets an attacker who can write markup run script.
    pub(crate) fn lets_injected_script_run(&self) -> bool {
        match self {
            Self::UnsafeEval | Self::UnsafeInline => true,
            Self::Scheme(scheme) => scheme.is_made_by_pages(),
            _ => false,
        }
    }

    const fn keyword(&self) -> Option<&'static str> {
        Some(match self {
            Self::Any => "*",
            Self::InlineSpeculationRules => "'inline-speculation-rules'",
            Self::Nonce => "'nonce'",
            Self::ReportSample => "'report-sample'",
            Self::StrictDynamic => "'strict-dynamic'",
            Self::This => "'self'",
            Self::TrustedTypesEval => "'trusted-types-eval'",
            Self::UnsafeEval => "'unsafe-eval'",
            Self::UnsafeHashes => "'unsafe-hashes'",
            Self::UnsafeInline => "'unsafe-inline'",
            Self::WasmUnsafeEval => "'wasm-unsafe-eval'",
            Self::Hash(_) | Self::Host(_) | Self::Scheme(_) => return None,
        })
    }

    const KEYWORDS: [Self; 11] = [
        Self::Any,
        Self::InlineSpeculationRules,
        Self::Nonce,
        Self::ReportSample,
        Self::StrictDynamic,
        Self::This,
        Self::TrustedTypesEval,
        Self::UnsafeEval,
        Self::UnsafeHashes,
        Self::UnsafeInline,
        Self::WasmUnsafeEval,
    ];
}

impl FromStr for Source {
    type Err = ConfigError;

    /// Reads a source as the header writes it; the nonce of the response is `'nonce'`.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let keyword =
            |source: &&Self| source.keyword().is_some_and(|k| k.eq_ignore_ascii_case(text));
        if let Some(source) = Self::KEYWORDS.iter().find(keyword) {
            return Ok(source.clone());
        }
        if text.len() > 7 && text.get(..7).is_some_and(|p| p.eq_ignore_ascii_case("'nonce-")) {
            let instead = "write 'nonce': a value that is in the program protects nothing";
            return Err(ConfigError::new("CSP source", text, instead));
        }
        if text.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("'sha")) {
            return text.parse().map(Self::Hash);
        }
        if let Some(name) = text.strip_suffix(':') {
            return Self::scheme(name);
        }
        Self::host(text)
    }
}

impl From<Hash> for Source {
    fn from(hash: Hash) -> Self {
        Self::Hash(hash)
    }
}

impl From<Host> for Source {
    fn from(host: Host) -> Self {
        Self::Host(host)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(hash) => hash.fmt(f),
            Self::Host(host) => host.fmt(f),
            Self::Scheme(scheme) => scheme.fmt(f),
            other => f.write_str(other.keyword().unwrap_or_default()),
        }
    }
}
