//! For which hosts this program answers.

mod layer;
mod pattern;
mod refusal;

use crate::ConfigError;
use crate::external_url::{ExternalUrl, Target};

pub use crate::host::{Authority, Host, HostError, authority_of};
pub use layer::{AllowedHostsGuard, AllowedHostsLayer};
pub use refusal::HostRefusal;

use pattern::Pattern;

/// The hosts for which this program answers.
///
/// Without such a list, whoever sends a request chooses the host in links of reset mails, in
/// redirects and in cache keys.
///
/// # Example
///
/// ```
/// use http::Request;
/// use palisade_edge::AllowedHosts;
/// use palisade_edge::hosts::HostRefusal;
///
/// let hosts = AllowedHosts::new(["example.com", "*.example.com", "localhost:8080"])?;
/// let request = Request::get("/").header("host", "Shop.Example.com.:8443").body(())?;
/// assert_eq!(hosts.check((&request).into(), None)?.host().as_str(), "shop.example.com");
/// let request = Request::get("/").header("host", "example.com.evil.test").body(())?;
/// assert_eq!(hosts.check((&request).into(), None), Err(HostRefusal::Unknown));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHosts {
    patterns: Box<[Pattern]>,
}

impl AllowedHosts {
    /// Allows each of the patterns.
    ///
    /// `example.com` is that host on any port, `example.com:8080` on this one only (a URL's own
    /// port counts where none is written). `*.example.com` is every name below, however deep, and
    /// not `example.com`. Addresses are written as such: `127.0.0.1`, `[::1]`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Host`] for the first pattern that is none, [`ConfigError::Empty`] without
    /// patterns.
    pub fn new<I>(patterns: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let patterns: Box<[Pattern]> = patterns
            .into_iter()
            .map(|text| Pattern::parse(text.as_ref()))
            .collect::<Result<_, _>>()?;
        if patterns.is_empty() {
            return Err(ConfigError::Empty { what: "allowed hosts" });
        }
        Ok(Self { patterns })
    }

    /// Tells whether the host is allowed on the port (`None`: on the default one of any scheme).
    #[must_use]
    pub fn allows(&self, host: &Host, port: Option<u16>) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(host, port))
    }

    /// Returns the patterns, in their normal form.
    pub fn patterns(&self) -> impl Iterator<Item = String> {
        self.patterns.iter().map(ToString::to_string)
    }

    /// Decides about a request: by the URL that the browser saw if that is known, else by the host
    /// that the request names. The latter has to be exactly one valid host in any case.
    ///
    /// Returns the host that was found among the allowed ones, with the port of the URL or the one
    /// that the request names; links may be made of it.
    ///
    /// # Errors
    ///
    /// [`HostRefusal`] with the status to answer.
    ///
    /// # Cost
    ///
    /// No allocation for hosts of up to 56 bytes; one comparison for each pattern.
    pub fn check(
        &self,
        target: Target<'_>,
        url: Option<&ExternalUrl>,
    ) -> Result<Authority, HostRefusal> {
        let named = target.authority()?;
        let port = url.map_or_else(|| named.port(), |url| Some(url.port()));
        let authority = url.map_or(named, ExternalUrl::authority);
        if self.allows(authority.host(), port) { Ok(authority) } else { Err(HostRefusal::Unknown) }
    }
}
