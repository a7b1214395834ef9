//! How the browser reached the server, as far as headers depend on it.

use http::Extensions;
use palisade_edge::ExternalUrl;

/// The scheme that the browser sees, with loopback apart.
///
/// Browsers treat `http://localhost` as trustworthy but do not send it through TLS: isolation
/// headers work there, `Strict-Transport-Security` and secure reporting do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Site {
    /// Reached in clear text over a network.
    Http,
    /// Reached through TLS, here or at a trusted proxy.
    Https,
    /// Reached in clear text on the machine itself.
    LoopbackHttp,
}

impl Site {
    pub(crate) const ALL: [Self; 3] = [Self::Http, Self::Https, Self::LoopbackHttp];

    /// Reads the site off the [`ExternalUrl`] in a request's extensions; where nobody put one, it
    /// is [`Http`](Self::Http), the site that gets the least promises.
    #[must_use]
    pub fn of(request: &Extensions) -> Self {
        request.get::<ExternalUrl>().map_or(Self::Http, Self::from)
    }

    /// Returns whether browsers count this origin as trustworthy (Secure Contexts 3.1).
    #[must_use]
    pub const fn is_trustworthy(self) -> bool {
        matches!(self, Self::Https | Self::LoopbackHttp)
    }

    /// Returns whether TLS is used.
    #[must_use]
    pub const fn is_https(self) -> bool {
        matches!(self, Self::Https)
    }
}

impl From<&ExternalUrl> for Site {
    fn from(url: &ExternalUrl) -> Self {
        if url.is_https() {
            return Self::Https;
        }
        let host = url.host();
        let name = host.as_str();
        let loopback = name == "localhost"
            || name.ends_with(".localhost")
            || name == "[::1]"
            || host.is_address() && name.starts_with("127.");
        if loopback { Self::LoopbackHttp } else { Self::Http }
    }
}
