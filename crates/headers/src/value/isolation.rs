//! `Cross-Origin-Opener-Policy`, `-Embedder-Policy` and `-Resource-Policy` (HTML, Fetch).

/// Which other windows keep a handle to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OpenerPolicy {
    /// Windows of the same origin only.
    SameOrigin,
    /// As `SameOrigin`, but pop-ups that this page opens keep their opener (sign-in with another
    /// service, payment windows).
    SameOriginAllowPopups,
}

impl OpenerPolicy {
    /// Returns the header value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::SameOriginAllowPopups => "same-origin-allow-popups",
        }
    }
}

/// What a resource of another origin needs to be loaded into this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EmbedderPolicy {
    /// It is fetched without cookies.
    Credentialless,
    /// It must say so itself, by `Cross-Origin-Resource-Policy` or CORS.
    RequireCorp,
}

impl EmbedderPolicy {
    /// Returns the header value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentialless => "credentialless",
            Self::RequireCorp => "require-corp",
        }
    }
}

/// Which pages may load this resource without CORS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourcePolicy {
    /// Any: for what is made to be embedded.
    CrossOrigin,
    /// Pages of the same origin.
    SameOrigin,
    /// Pages of the same registrable domain.
    SameSite,
}

impl ResourcePolicy {
    /// Returns the header value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CrossOrigin => "cross-origin",
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
        }
    }
}
