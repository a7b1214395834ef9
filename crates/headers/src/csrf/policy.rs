//! What is configured.

use http::Method;

use super::Origin;
use super::exempt::Exemption;
use crate::ConfigError;

/// Which cross-site requests may pass.
///
/// The default trusts no other origin and lets requests without any signal pass.
#[derive(Clone, Debug, Default)]
#[must_use = "a policy refuses nothing until a layer or check() uses it"]
pub struct Policy {
    pub(super) trusted: Vec<Origin>,
    pub(super) exempt: Vec<Exemption>,
    pub(super) signal_required: bool,
    pub(super) log_only: bool,
}

impl Policy {
    /// Trusts no other origin.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts pages of another origin to send unsafe requests and open a `WebSocket`.
    ///
    /// # Errors
    ///
    /// What is no [`Origin`]; case and default ports are put right.
    pub fn add_trusted_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        self.trusted.push(origin.parse()?);
        Ok(self)
    }

    /// Refuses unsafe requests that carry neither `Sec-Fetch-Site` nor `Origin`.
    ///
    /// For services that only browsers call: scripts and other servers send neither.
    pub const fn refuse_without_signal(mut self) -> Self {
        self.signal_required = true;
        self
    }

    /// Lets cross-site requests of one method through at one path, or below it: `/hooks/*`.
    ///
    /// For calls that carry their own proof, such as a signature over the body; the handler must
    /// not act on a cookie. The path is compared as it was sent: one with `%`, `//`, `\` or a dot
    /// segment is never exempt (CVE-2025-47910 came from paths that are cleaned later).
    ///
    /// # Errors
    ///
    /// A path that does not begin with `/`, holds such a part, or has a `*` elsewhere than as its
    /// last segment; a safe method, which needs no exemption.
    pub fn insecure_exempt(mut self, method: Method, path: &str) -> Result<Self, ConfigError> {
        self.exempt.push(Exemption::new(method, path)?);
        Ok(self)
    }

    /// Only reports what would be refused, to try a policy on live traffic.
    ///
    /// Nothing is protected meanwhile: keep what protected before until the log is clean.
    pub const fn insecure_log_only(mut self) -> Self {
        self.log_only = true;
        self
    }
}
