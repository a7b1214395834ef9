//! What stands beside the headers.

/// What the application does beside the headers and must agree with them.
///
/// # Example
///
/// ```
/// use palisade_headers::{ReferrerPolicy, SecurityHeaders, Surroundings};
///
/// let set = SecurityHeaders::strict()
///     .referrer(ReferrerPolicy::NoReferrer)
///     .beside(Surroundings::new().cross_origin_checks());
/// assert_eq!(set.findings()[0].code(), "no_referrer_nulls_origin");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "nothing is checked until it is given to SecurityHeaders::beside"]
pub struct Surroundings {
    pub(super) origin_checked: bool,
    pub(super) embedded_cookies: bool,
    pub(super) shared_with_cookies: bool,
}

impl Surroundings {
    /// States nothing.
    pub const fn new() -> Self {
        Self { origin_checked: false, embedded_cookies: false, shared_with_cookies: false }
    }

    /// States that unsafe requests are refused by their `Origin`, as
    /// [`CrossOriginLayer`](crate::csrf::CrossOriginLayer) does.
    pub const fn cross_origin_checks(mut self) -> Self {
        self.origin_checked = true;
        self
    }

    /// States that cookies are set with `SameSite=None`, to be sent from frames of other sites.
    pub const fn same_site_none_cookies(mut self) -> Self {
        self.embedded_cookies = true;
        self
    }

    /// States that other origins may use answers with the user's cookies: CORS with
    /// `Access-Control-Allow-Credentials`.
    pub const fn cors_with_credentials(mut self) -> Self {
        self.shared_with_cookies = true;
        self
    }
}
