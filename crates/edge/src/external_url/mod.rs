//! The URL as the browser saw it.

mod claims;
mod error;

use std::fmt;

use http::{HeaderMap, Request, Uri, Version};

use crate::client_ip::{Hop, find_client};
use crate::host::{Authority, Host, authority_of};
use crate::proxy_protocol::Announcement;
use crate::{Peer, TrustedProxies};

pub use error::ExternalUrlError;

/// Scheme, host and port under which the browser reached this program.
///
/// What links, cookies, redirects and origin checks are made of. The host is grammatical but may
/// be any: what it may be is decided by [`AllowedHosts`](crate::AllowedHosts).
///
/// A request extension, put there by [`EdgeLayer`](crate::EdgeLayer); with the feature `axum` also
/// an extractor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternalUrl {
    scheme: Scheme,
    host: Host,
    port: Option<u16>,
}

/// How the browser reached the first machine that is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "complete by RFC 9110 section 4.2")]
pub enum Scheme {
    /// In clear.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// Returns `http` or `https`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Returns the port that a URL need not name.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    const fn of_tls(tls: bool) -> Self {
        if tls { Self::Https } else { Self::Http }
    }
}

impl ExternalUrl {
    fn new(scheme: Scheme, host: Host, port: Option<u16>) -> Self {
        Self { scheme, host, port: port.filter(|port| *port != scheme.default_port()) }
    }

    /// Returns the scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Tells whether the browser used TLS.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        matches!(self.scheme, Scheme::Https)
    }

    /// Returns the host, without port.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Returns the port, also where a URL would not name it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or_else(|| self.scheme.default_port())
    }

    /// Returns host and port as an origin has them: without the scheme's own port.
    pub(crate) fn authority(&self) -> Authority {
        Authority::new(self.host.clone(), self.port)
    }
}

/// Writes the origin (RFC 6454 6.2): `https://example.com`, `http://localhost:8080`.
impl fmt::Display for ExternalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The parts of a request that name its URL.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    version: Version,
    uri: &'a Uri,
    headers: &'a HeaderMap,
}

impl<'a> Target<'a> {
    /// Takes the parts from where a server has them.
    #[must_use]
    pub const fn new(version: Version, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self { version, uri, headers }
    }

    /// Returns the host that the request itself names; see [`authority_of`].
    ///
    /// # Errors
    ///
    /// [`HostError`](crate::hosts::HostError) unless it names exactly one valid host.
    pub fn authority(&self) -> Result<Authority, crate::hosts::HostError> {
        authority_of(self.version, self.uri, self.headers)
    }

    pub(crate) const fn uri(&self) -> &'a Uri {
        self.uri
    }

    pub(crate) const fn headers(&self) -> &'a HeaderMap {
        self.headers
    }
}

impl<'a, B> From<&'a Request<B>> for Target<'a> {
    fn from(request: &'a Request<B>) -> Self {
        Self::new(request.version(), request.uri(), request.headers())
    }
}

impl<'a> From<&'a http::request::Parts> for Target<'a> {
    fn from(parts: &'a http::request::Parts) -> Self {
        Self::new(parts.version, &parts.uri, &parts.headers)
    }
}

/// Tells under which URL the browser reached this program.
///
/// From an untrusted peer: the connection's scheme and the host that the request names. From a
/// trusted one, what the proxy that faced the client says of it: `proto` and `host` in the element
/// of `Forwarded` that names the client, or `X-Forwarded-Proto`, `-Host` and `-Port`. Of these, one
/// value counts for the whole way; in a list, the one at the client's position from the right. What
/// no proxy says comes from the connection. A port behind the host wins over `X-Forwarded-Port`;
/// the schemes `ws` and `wss` of a WebSocket handshake count as `http` and `https`.
///
/// # Example
///
/// ```
/// use palisade_edge::{Forwarding, Peer, TrustedProxies, external_url};
///
/// let proxies = TrustedProxies::in_ranges(["10.0.0.0/8"], Forwarding::XForwardedFor)?;
/// let request = http::Request::get("/login")
///     .header("host", "shop.example")
///     .header("x-forwarded-for", "203.0.113.9")
///     .header("x-forwarded-proto", "https")
///     .body(())?;
/// let behind = Peer::new("10.0.0.1:55000".parse()?);
/// let url = external_url(&behind, (&request).into(), &proxies)?;
/// assert_eq!(url.to_string(), "https://shop.example");
/// let direct = Peer::new("198.51.100.4:55000".parse()?);
/// let url = external_url(&direct, (&request).into(), &proxies)?;
/// assert_eq!(url.to_string(), "http://shop.example");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ExternalUrlError`] if the request names no valid host, a trusted proxy says something that is
/// no scheme, host or port, or the client cannot be told.
///
/// # Security
///
/// Against clients who write these headers themselves. A proxy that neither sets nor removes
/// `X-Forwarded-Host` lets them through: remove it there or call
/// [`TrustedProxies::ignore_forwarded_host`], and check the host by
/// [`AllowedHosts`](crate::AllowedHosts) in any case.
///
/// # Cost
///
/// No allocation for hosts of up to 56 bytes, no clock. One header look-up for a direct peer;
/// behind a proxy two with `Forwarded`, five with `X-Forwarded-For`.
pub fn external_url(
    peer: &Peer,
    target: Target<'_>,
    trust: &TrustedProxies,
) -> Result<ExternalUrl, ExternalUrlError> {
    let hop = find_client(peer, target.headers(), trust)?;
    url_at(&hop, peer, target)
}

/// The same, where the client is already found.
pub(crate) fn url_at(
    hop: &Hop<'_>,
    peer: &Peer,
    target: Target<'_>,
) -> Result<ExternalUrl, ExternalUrlError> {
    let claims = claims::of(hop, target.headers())?;
    let scheme = claims.scheme.unwrap_or_else(|| scheme_of(peer, hop));
    let authority = match claims.authority {
        Some(authority) => authority,
        None => target.authority()?,
    };
    let (host, port) = authority.into_parts();
    Ok(ExternalUrl::new(scheme, host, port.or(claims.port)))
}

fn scheme_of(peer: &Peer, hop: &Hop<'_>) -> Scheme {
    let announced = match peer.announcement() {
        Some(Announcement::Proxied(endpoints)) if hop.believes_announcement() => endpoints.is_tls(),
        _ => false,
    };
    Scheme::of_tls(announced || peer.is_tls())
}
