//! What trusted proxies say about the URL.

use http::{HeaderMap, HeaderName};

use super::{ExternalUrlError, Scheme};
use crate::address;
use crate::client_ip::Hop;
use crate::forwarded::{Element, trim};
use crate::host::Authority;
use crate::trust::{Forwarding, Policy};

static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What a proxy said; `None` is what it did not say.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) authority: Option<Authority>,
    pub(super) port: Option<u16>,
    pub(super) scheme: Option<Scheme>,
}

/// Reads what may be believed; an untrusted peer says nothing.
pub(super) fn of(hop: &Hop<'_>, headers: &HeaderMap) -> Result<Claims, ExternalUrlError> {
    match (hop.policy, &hop.element) {
        (None, _) => Ok(Claims::default()),
        (Some(policy), Some(element)) => in_element(element, policy),
        (Some(policy), None) => match policy.forwarding {
            Forwarding::Forwarded | Forwarding::ProxyProtocol => Ok(Claims::default()),
            Forwarding::Header(_) | Forwarding::XForwardedFor => {
                in_headers(headers, hop.depth, policy)
            }
        },
    }
}

fn in_element(element: &Element<'_>, policy: &Policy) -> Result<Claims, ExternalUrlError> {
    let (mut proto, mut host) = ([0; 8], [0; MAX_AUTHORITY]);
    let scheme = match element.proto() {
        None => None,
        Some(value) => {
            Some(scheme(value.unescape(&mut proto).ok_or(ExternalUrlError::ForwardedScheme)?)?)
        }
    };
    let authority = match element.host().filter(|_| policy.reads_host()) {
        None => None,
        Some(value) => {
            Some(authority(value.unescape(&mut host).ok_or(ExternalUrlError::ForwardedHost)?)?)
        }
    };
    Ok(Claims { authority, port: None, scheme })
}

fn in_headers(
    headers: &HeaderMap,
    depth: usize,
    policy: &Policy,
) -> Result<Claims, ExternalUrlError> {
    let host = if policy.reads_host() { at(headers, &X_FORWARDED_HOST, depth)? } else { None };
    let port = at(headers, &X_FORWARDED_PORT, depth)?;
    let proto = at(headers, &X_FORWARDED_PROTO, depth)?;
    Ok(Claims {
        authority: host.map(authority).transpose()?,
        port: port.map(self::port).transpose()?,
        scheme: proto.map(scheme).transpose()?,
    })
}

/// Returns the entry that belongs to the hop at `depth`, counted from the right.
///
/// A single entry was set once for the whole way. In a list every proxy appended its own, so the
/// entry of the client's proxy stands as far from the right as the client does; what is further to
/// the left was there before the first trusted proxy.
fn at<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    depth: usize,
) -> Result<Option<&'a [u8]>, ExternalUrlError> {
    let lines = headers.get_all(name).iter().rev();
    let mut entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(trim);
    let Some(last) = entries.next() else { return Ok(None) };
    let mut others = entries.peekable();
    if others.peek().is_none() {
        return Ok(Some(last));
    }
    match depth {
        0 | 1 => Ok(Some(last)),
        _ => others.nth(depth.saturating_sub(2)).map(Some).ok_or(ExternalUrlError::ForwardedList),
    }
}

/// `ws` and `wss` are what some proxies call the handshake of a WebSocket, which is HTTP (RFC 6455
/// section 3).
const fn scheme(text: &[u8]) -> Result<Scheme, ExternalUrlError> {
    if text.eq_ignore_ascii_case(b"https") || text.eq_ignore_ascii_case(b"wss") {
        Ok(Scheme::Https)
    } else if text.eq_ignore_ascii_case(b"http") || text.eq_ignore_ascii_case(b"ws") {
        Ok(Scheme::Http)
    } else {
        Err(ExternalUrlError::ForwardedScheme)
    }
}

fn authority(text: &[u8]) -> Result<Authority, ExternalUrlError> {
    Authority::parse(text).ok_or(ExternalUrlError::ForwardedHost)
}

fn port(text: &[u8]) -> Result<u16, ExternalUrlError> {
    address::port(text).filter(|port| *port != 0).ok_or(ExternalUrlError::ForwardedPort)
}

/// A name of 253 bytes, its final dot, a colon and five digits.
const MAX_AUTHORITY: usize = 260;
