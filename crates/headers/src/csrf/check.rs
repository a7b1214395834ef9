//! The decision.

use http::header::{ORIGIN, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};
use palisade_edge::{ExternalUrl, Scheme};

use super::Policy;

/// A request that another site may have caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cross-site request: {reason}")]
pub struct Denied {
    reason: Reason,
}

impl Denied {
    /// Returns why.
    #[must_use]
    pub const fn reason(self) -> Reason {
        self.reason
    }
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// `Sec-Fetch-Site` says `cross-site`, `same-site` or what no browser says.
    FetchSite,
    /// There is neither `Sec-Fetch-Site` nor `Origin`.
    NoSignal,
    /// `Origin` is `null`, malformed or sent twice.
    OpaqueOrigin,
    /// `Origin` is another host or port.
    OtherOrigin,
    /// `Origin` is this host, with another scheme: a page in clear text, or a proxy that `EdgeLayer`
    /// does not trust.
    OtherScheme,
}

impl Reason {
    /// Returns the machine word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FetchSite => "fetch_site",
            Self::NoSignal => "no_signal",
            Self::OpaqueOrigin => "opaque_origin",
            Self::OtherOrigin => "other_origin",
            Self::OtherScheme => "other_scheme",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

// A constant, taken by value here and nowhere else, is hashed and compared in place (the budget
// tells). A constant array would be made and dropped at each use.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
static OVERRIDES: [HeaderName; 3] = [
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
];

/// Decides whether another site may have caused this request; the [module docs](super) list the
/// rules.
///
/// # Errors
///
/// [`Denied`], with its reason.
///
/// # Cost
///
/// No clock, and no allocation but for an escaped name in the query of a safe request. One header
/// look-up where `Sec-Fetch-Site: same-origin` is sent with an unsafe method, two where only
/// `Origin` is; four for a safe one.
pub fn check(parts: &Parts, policy: &Policy) -> Result<(), Denied> {
    if is_safe(&parts.method) {
        return safe_request(parts, policy);
    }
    let headers = &parts.headers;
    let Some(site) = headers.get(SEC_FETCH_SITE) else {
        return doubtful_request(parts, policy, FetchSite::Unsaid);
    };
    // What browsers send with a site's own forms and calls ends here. A map without repeated names
    // has as many values as names.
    if site.as_bytes() == b"same-origin" && headers.len() == headers.keys_len() {
        return Ok(());
    }
    doubtful_request(parts, policy, FetchSite::of(headers))
}

/// `TRACE` is safe by RFC 9110 9.2.1 and of no use to anybody here.
const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

#[inline(never)]
fn doubtful_request(parts: &Parts, policy: &Policy, fetch_site: FetchSite) -> Result<(), Denied> {
    unsafe_request(parts, policy, fetch_site).or_else(|reason| exempt(parts, policy, reason))
}

#[inline(never)]
fn safe_request(parts: &Parts, policy: &Policy) -> Result<(), Denied> {
    let headers = &parts.headers;
    let verdict = if asks_for_web_socket(headers) {
        web_socket(parts, policy, FetchSite::of(headers))
    } else if overrides_method(parts) {
        unsafe_request(parts, policy, FetchSite::of(headers))
    } else {
        return Ok(());
    };
    verdict.or_else(|reason| exempt(parts, policy, reason))
}

#[cold]
fn exempt(parts: &Parts, policy: &Policy, reason: Reason) -> Result<(), Denied> {
    let covers = |e: &super::exempt::Exemption| e.covers(&parts.method, parts.uri.path());
    if policy.exempt.iter().any(covers) { Ok(()) } else { Err(Denied { reason }) }
}

fn unsafe_request(parts: &Parts, policy: &Policy, fetch_site: FetchSite) -> Result<(), Reason> {
    match fetch_site {
        FetchSite::Own => Ok(()),
        FetchSite::Foreign if is_trusted(&parts.headers, policy) => Ok(()),
        FetchSite::Foreign => Err(Reason::FetchSite),
        FetchSite::Unsaid => own_origin(parts, policy),
    }
}

fn web_socket(parts: &Parts, policy: &Policy, fetch_site: FetchSite) -> Result<(), Reason> {
    match fetch_site {
        FetchSite::Foreign if !is_trusted(&parts.headers, policy) => Err(Reason::FetchSite),
        FetchSite::Own if !parts.headers.contains_key(ORIGIN) => Ok(()),
        _ => own_origin(parts, policy),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FetchSite {
    Foreign,
    Own,
    Unsaid,
}

impl FetchSite {
    #[inline(never)]
    fn of(headers: &HeaderMap) -> Self {
        match Field::of(headers, &SEC_FETCH_SITE) {
            Field::Absent => Self::Unsaid,
            Field::Once(site) if site == b"same-origin" || site == b"none" => Self::Own,
            Field::Once(_) | Field::Repeated => Self::Foreign,
        }
    }
}

/// A header that honest clients send at most once.
enum Field<'a> {
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> Field<'a> {
    fn of(headers: &'a HeaderMap, name: &HeaderName) -> Self {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Once(value.as_bytes()),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }
}

fn is_trusted(headers: &HeaderMap, policy: &Policy) -> bool {
    if policy.trusted.is_empty() {
        return false;
    }
    let Field::Once(origin) = Field::of(headers, &ORIGIN) else { return false };
    policy.trusted.iter().any(|trusted| trusted.as_str().as_bytes() == origin)
}

fn own_origin(parts: &Parts, policy: &Policy) -> Result<(), Reason> {
    let origin = match Field::of(&parts.headers, &ORIGIN) {
        Field::Absent if policy.signal_required => return Err(Reason::NoSignal),
        Field::Absent => return Ok(()),
        Field::Repeated => return Err(Reason::OpaqueOrigin),
        Field::Once(origin) => origin,
    };
    let reason = match parts.extensions.get::<ExternalUrl>().map(|url| compare(origin, url)) {
        Some(Ok(())) => return Ok(()),
        Some(Err(reason)) => reason,
        None => Reason::OtherOrigin,
    };
    if is_trusted(&parts.headers, policy) { Ok(()) } else { Err(reason) }
}

/// Compares an origin as browsers write it (RFC 6454 6.2), without parsing it.
fn compare(origin: &[u8], own: &ExternalUrl) -> Result<(), Reason> {
    let (scheme, rest) = if let Some(rest) = origin.strip_prefix(b"https://") {
        (Scheme::Https, rest)
    } else if let Some(rest) = origin.strip_prefix(b"http://") {
        (Scheme::Http, rest)
    } else {
        return Err(Reason::OpaqueOrigin);
    };
    let Some(port) = rest.strip_prefix(own.host().as_str().as_bytes()) else {
        return Err(Reason::OtherOrigin);
    };
    if scheme != own.scheme() {
        let end = port.is_empty() || port.starts_with(b":");
        return Err(if end { Reason::OtherScheme } else { Reason::OtherOrigin });
    }
    let same = match port {
        [] => own.port() == scheme.default_port(),
        [b':', digits @ ..] => number(digits) == Some(own.port()),
        _ => false,
    };
    if same { Ok(()) } else { Err(Reason::OtherOrigin) }
}

fn number(digits: &[u8]) -> Option<u16> {
    if digits.len() > 5 || digits.first() == Some(&b'0') {
        return None;
    }
    std::str::from_utf8(digits).ok()?.bytes().try_fold(0_u16, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))?;
        value.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

/// RFC 6455 4.1; the extended CONNECT of HTTP/2 (RFC 8441) is no safe method to begin with.
fn asks_for_web_socket(headers: &HeaderMap) -> bool {
    let is = |part: &[u8]| part.trim_ascii().eq_ignore_ascii_case(b"websocket");
    headers.get_all(UPGRADE).iter().any(|value| value.as_bytes().split(|b| *b == b',').any(is))
}

fn overrides_method(parts: &Parts) -> bool {
    let names = |query: &str| query.split('&').any(|pair| names_method(pair.as_bytes()));
    OVERRIDES.iter().any(|name| parts.headers.contains_key(name))
        || parts.uri.query().is_some_and(names)
}

/// The name is compared as a framework reads it: `%5Fmethod` is `_method` too.
fn names_method(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    name == b"_method"
        || name.contains(&b'%') && form_urlencoded::parse(name).any(|(name, _)| name == "_method")
}
