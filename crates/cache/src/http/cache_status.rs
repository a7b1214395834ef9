//! `Cache-Status` (RFC 9211).

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue, StatusCode};

use super::policy::Refusal;

pub(super) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Why a request went on (section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forward {
    /// The cache has no part in it.
    Bypass,
    /// The method is not answered from the cache.
    Method,
    /// Nothing is stored for the URI.
    UriMiss,
    /// What is stored was selected by other fields.
    VaryMiss,
    /// What is stored is for others.
    Miss,
    /// The client wants it so.
    Request,
    /// What is stored is stale.
    Stale,
}

impl Forward {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Miss => "miss",
            Self::Request => "request",
            Self::Stale => "stale",
        }
    }
}

/// What became of an answer that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stored,
    Refused(Refusal),
    /// There was no question of storing it.
    Untried,
}

/// A member for a request that went on, and what came of it.
pub(super) fn forwarded(
    cache: &str,
    forward: Forward,
    status: Option<StatusCode>,
    fate: Fate,
) -> String {
    let mut text = format!("{cache}; fwd={}", forward.as_str());
    if let Some(status) = status {
        text.push_str("; fwd-status=");
        text.push_str(status.as_str());
    }
    match fate {
        Fate::Stored => text.push_str("; stored"),
        Fate::Refused(refusal) => {
            text.push_str("; detail=");
            text.push_str(refusal.as_str());
        }
        Fate::Untried => {}
    }
    text
}

/// Adds a member behind those of caches that were nearer to the origin.
pub(super) fn append(headers: &mut HeaderMap, member: String) {
    if let Ok(member) = HeaderValue::from_maybe_shared(bytes::Bytes::from(member)) {
        headers.append(CACHE_STATUS, member);
    }
}
