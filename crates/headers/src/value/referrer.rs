//! `Referrer-Policy` (W3C Referrer Policy 3).

/// How much of the page's address leaves with its requests.
///
/// `origin`, `origin-when-cross-origin`, `no-referrer-when-downgrade` and `unsafe-url` are left out:
/// each leaks to clear text or to strangers what its strict sibling keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReferrerPolicy {
    /// Nothing. Browsers then send `Origin: null` with same-origin form posts, so on clear text,
    /// where there is no `Sec-Fetch-Site`, no cross-site check can let those posts through.
    NoReferrer,
    /// The whole address within the origin, nothing to others.
    SameOrigin,
    /// The origin, and nothing from https to http.
    StrictOrigin,
    /// The whole address within the origin, the origin to others, nothing from https to http.
    StrictOriginWhenCrossOrigin,
}

impl ReferrerPolicy {
    /// Returns the header value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoReferrer => "no-referrer",
            Self::SameOrigin => "same-origin",
            Self::StrictOrigin => "strict-origin",
            Self::StrictOriginWhenCrossOrigin => "strict-origin-when-cross-origin",
        }
    }
}
