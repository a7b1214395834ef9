//! One `Set-Cookie` value.

use http::HeaderValue;

use super::Policy;
use super::prefix::Promise;
use crate::Site;

/// Octets of name and value together that browsers keep (RFC 6265bis 5.6).
const MAX_PAIR: usize = 4096;
/// Octets of an attribute's value that browsers read (RFC 6265bis 5.6).
const MAX_ATTRIBUTE: usize = 1024;

/// Why browsers would drop a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Dropped {
    /// A control character (RFC 6265bis 5.6 step 1).
    #[error("the cookie holds a control character")]
    ControlCharacter,
    /// `__Host-` with `Domain`, or with a `Path` that is not `/`.
    #[error("a __Host- cookie has no Domain and the Path /")]
    HostPrefix,
    /// A name that browsers only take over TLS, `SameSite=None` or `Partitioned`, in clear text.
    #[error("the cookie needs TLS and the site is clear text")]
    NeedsTls,
    /// Neither name nor value, or no name.
    #[error("the cookie has no name")]
    NoName,
    /// `__Http-` or `__Host-Http-` for a cookie that scripts may read.
    #[error("an __Http- cookie cannot be read by scripts")]
    ScriptReadsHttp,
    /// Name and value over 4096 octets, or an attribute over 1024.
    #[error("the cookie is longer than browsers keep")]
    TooLong,
}

/// Returns the cookie with what is missing added behind what is there, nothing else changed.
///
/// Attributes that are present stay, with one exception: `SameSite` with an unknown word counts as
/// missing, and browsers obey the last one (RFC 6265bis 5.6.7).
///
/// # Errors
///
/// [`Dropped`] where browsers would not keep the cookie whatever is added.
///
/// # Cost
///
/// One allocation of the exact length.
pub fn harden(cookie: &[u8], policy: &Policy, site: Site) -> Result<HeaderValue, Dropped> {
    if cookie.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(Dropped::ControlCharacter);
    }
    let mut parts = cookie.split(|byte| *byte == b';');
    let (name, value) = pair(parts.next().unwrap_or_default())?;
    if name.len().saturating_add(value.len()) > MAX_PAIR {
        return Err(Dropped::TooLong);
    }
    let found = Attributes::read(parts)?;
    let promise = Promise::of(name);
    let needs_tls = promise.secure
        || found.secure
        || found.partitioned
        || found.same_site == SameSite::Anywhere;
    if needs_tls && !site.is_trustworthy() {
        return Err(Dropped::NeedsTls);
    }
    if promise.host && (found.domain.is_some() || found.path.is_some_and(|path| path != b"/")) {
        return Err(Dropped::HostPrefix);
    }
    let readable = policy.is_readable(name);
    if promise.http && readable && !found.http_only {
        return Err(Dropped::ScriptReadsHttp);
    }
    let additions = [
        ("; Path=/", promise.host && found.path.is_none()),
        ("; Secure", !found.secure && (site.is_https() || needs_tls)),
        ("; HttpOnly", !found.http_only && !readable),
        ("; SameSite=Lax", found.same_site == SameSite::Unsaid),
    ];
    let added =
        || additions.iter().filter(|(_, missing)| *missing).map(|(text, _)| text.as_bytes());
    let more = added().map(<[u8]>::len).sum::<usize>();
    let mut hardened = Vec::with_capacity(cookie.len().saturating_add(more));
    hardened.extend_from_slice(cookie);
    added().for_each(|text| hardened.extend_from_slice(text));
    let mut hardened = HeaderValue::try_from(hardened).map_err(|_| Dropped::ControlCharacter)?;
    hardened.set_sensitive(true);
    Ok(hardened)
}

/// A nameless cookie can pose as any other (RFC 6265bis 5.6 step 5 and 5.7 step 21).
fn pair(part: &[u8]) -> Result<(&[u8], &[u8]), Dropped> {
    let at = part.iter().position(|byte| *byte == b'=').ok_or(Dropped::NoName)?;
    let (name, value) = part.split_at_checked(at).ok_or(Dropped::NoName)?;
    let name = name.trim_ascii();
    if name.is_empty() { Err(Dropped::NoName) } else { Ok((name, value.trim_ascii())) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Anywhere,
    Limited,
    Unsaid,
}

struct Attributes<'a> {
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    path: Option<&'a [u8]>,
    domain: Option<&'a [u8]>,
    partitioned: bool,
}

impl<'a> Attributes<'a> {
    fn read(parts: impl Iterator<Item = &'a [u8]>) -> Result<Self, Dropped> {
        let mut found = Self {
            secure: false,
            http_only: false,
            same_site: SameSite::Unsaid,
            path: None,
            domain: None,
            partitioned: false,
        };
        for part in parts {
            let mut halves = part.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
            let name = halves.next().unwrap_or_default();
            let value = halves.next().unwrap_or_default();
            if value.len() > MAX_ATTRIBUTE {
                return Err(Dropped::TooLong);
            }
            let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
            if is("secure") {
                found.secure = true;
            } else if is("httponly") {
                found.http_only = true;
            } else if is("path") {
                found.path = Some(value);
            } else if is("partitioned") {
                found.partitioned = true;
            } else if is("domain") {
                found.domain = (!value.is_empty()).then_some(value);
            } else if is("samesite") {
                found.same_site = match value {
                    v if v.eq_ignore_ascii_case(b"none") => SameSite::Anywhere,
                    v if v.eq_ignore_ascii_case(b"lax") => SameSite::Limited,
                    v if v.eq_ignore_ascii_case(b"strict") => SameSite::Limited,
                    _ => SameSite::Unsaid,
                };
            }
        }
        Ok(found)
    }
}
