//! `X-Frame-Options` (RFC 7034).

/// Who may show the page in a frame, for browsers that do not know `frame-ancestors`.
///
/// `ALLOW-FROM` does not exist here: no current browser obeys it, and the page would be framed by
/// everybody. Name partners in `frame-ancestors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Framing {
    /// Nobody.
    Deny,
    /// Pages of the same origin.
    SameOrigin,
}

impl Framing {
    /// Returns the header value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "DENY",
            Self::SameOrigin => "SAMEORIGIN",
        }
    }
}
