//! The end of a session.

use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{ConfigError, Site};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Forbids every cache to keep a private answer: `Cache-Control: no-store` (RFC 9111 5.2.2.5).
pub fn no_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// What the answer to a sign-out carries.
///
/// The session cookie is expired; on trustworthy sites `Clear-Site-Data: "cookies", "storage"` has
/// the browser forget what pages have stored. Not `"cache"`: browsers stop for seconds over it
/// (rails/rails#54379).
///
/// # Example
///
/// ```
/// use palisade_headers::Site;
/// use palisade_headers::cookies::Logout;
///
/// let mut headers = http::HeaderMap::new();
/// Logout::of("__Host-Http-sid")?.write(&mut headers, Site::Https);
/// assert_eq!(headers["set-cookie"], "__Host-Http-sid=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
/// assert_eq!(headers["clear-site-data"], "\"cookies\", \"storage\"");
/// assert_eq!(headers["cache-control"], "no-store");
/// # Ok::<(), palisade_headers::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nobody is signed out until it is written into the response"]
pub struct Logout {
    name: String,
}

impl Logout {
    /// Expires the session cookie of this name, set for this host with `Path=/`.
    ///
    /// # Errors
    ///
    /// A name that is no token (RFC 9110 5.6.2).
    pub fn of(name: &str) -> Result<Self, ConfigError> {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            let instead = "write letters, digits and !#$%&'*+-.^_`|~ only";
            return Err(ConfigError::new("cookie name", name, instead));
        }
        Ok(Self { name: name.to_owned() })
    }

    /// Writes the headers.
    pub fn write(&self, headers: &mut HeaderMap, site: Site) {
        let secure = if site.is_trustworthy() { "; Secure" } else { "" };
        let cookie = format!("{}=; Path=/; Max-Age=0{secure}; HttpOnly; SameSite=Lax", self.name);
        // A token and fixed words: always a header value.
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
        if site.is_trustworthy() {
            let forget = HeaderValue::from_static("\"cookies\", \"storage\"");
            headers.insert(CLEAR_SITE_DATA, forget);
        }
        no_store(headers);
    }
}
