//! Cookie name prefixes (RFC 6265bis 4.1.3).

use std::borrow::Cow;

use crate::Site;

/// What a name promises; browsers compare prefixes without case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Promise {
    /// `Secure`.
    pub(super) secure: bool,
    /// `Path=/` and no `Domain`.
    pub(super) host: bool,
    /// `HttpOnly`.
    pub(super) http: bool,
}

impl Promise {
    pub(super) fn of(name: &[u8]) -> Self {
        let begins = |prefix: &[u8]| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let host_http = begins(b"__Host-Http-");
        let http = host_http || begins(b"__Http-");
        let host = begins(b"__Host-");
        Self { secure: http || host || begins(b"__Secure-"), host, http }
    }
}

/// Returns the name under which a session cookie is safest: `__Host-Http-` on trustworthy sites,
/// the bare name in clear text, where browsers refuse the prefix.
///
/// No other host, no clear-text page and no script can then set or replace the cookie; browsers
/// that do not know `__Host-Http-` still obey `__Host-`.
///
/// # Example
///
/// ```
/// use palisade_headers::Site;
/// use palisade_headers::cookies::session_name;
///
/// assert_eq!(session_name("sid", Site::Https), "__Host-Http-sid");
/// assert_eq!(session_name("sid", Site::Http), "sid");
/// ```
#[must_use]
pub fn session_name(name: &str, site: Site) -> Cow<'_, str> {
    if site.is_trustworthy() {
        Cow::Owned(format!("__Host-Http-{name}"))
    } else {
        Cow::Borrowed(name)
    }
}
