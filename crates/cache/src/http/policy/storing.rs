//! What may be kept (RFC 9111, section 3).

use std::fmt;

use http::StatusCode;
use http::header::{
    CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, CONTENT_TYPE,
    ETAG, HeaderMap, HeaderName, LAST_MODIFIED, SET_COOKIE,
};

use super::age::{
    Lifetime, Times, initial_age, is_heuristically_cacheable, is_understood, lifetime,
};
use super::request::Asked;
use super::response::{ResponseControl, Word};
use super::{
    FOR_AUTHORIZED, FOR_COOKIES, GUESSED, NEVER_STALE, Policy, Rules, Sharing, UNVALIDATED,
    targeted,
};

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The request says `no-store`.
    Request,
    /// The status is that of an answer that is no whole or not the last.
    Status,
    /// It says `no-store`, or `Cache-Control` cannot be read.
    NoStore,
    /// It says `private`.
    Private,
    /// It sets a cookie.
    SetCookie,
    /// The request had cookies, and it does not say that it is for all.
    Cookie,
    /// The request was authorized, and it does not say that it is for all.
    Authorization,
    /// It is not fresh, cannot be validated, and may not stand in for another.
    Unusable,
    /// Which requests would select it is not known, or depends on fields that may not count.
    Vary,
    /// It is made for one moment: a page with a nonce, a stream of events.
    Moment,
    /// Its content is too large, or not what its length says.
    Content,
}

impl Refusal {
    /// Returns it as a token, for `Cache-Status`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request-no-store",
            Self::Status => "status",
            Self::NoStore => "no-store",
            Self::Private => "private",
            Self::SetCookie => "set-cookie",
            Self::Cookie => "cookie",
            Self::Authorization => "authorization",
            Self::Unusable => "no-freshness",
            Self::Vary => "vary",
            Self::Moment => "moment",
            Self::Content => "content",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Policy {
    /// Reads an answer to a GET request: what it lets a cache do, or why it must not be kept.
    ///
    /// `Vary` is [`Selection`](super::Selection)'s to read.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: the answer goes to who asked and to nobody else.
    pub fn of(
        rules: &Rules,
        asked: &Asked,
        status: StatusCode,
        headers: &HeaderMap,
        times: &Times,
    ) -> Result<Self, Refusal> {
        Self::read(rules, asked, status, headers, times).map(|(policy, _)| policy)
    }

    /// Returns also the fields that the answer excepts from being kept.
    pub(crate) fn read(
        rules: &Rules,
        asked: &Asked,
        status: StatusCode,
        headers: &HeaderMap,
        times: &Times,
    ) -> Result<(Self, Vec<HeaderName>), Refusal> {
        let is_shared = rules.sharing == Sharing::Shared;
        let targeted = if is_shared { targeted::parse(headers) } else { None };
        let (dated, control) = match targeted {
            Some(control) => (false, control),
            None => (true, ResponseControl::parse(headers)),
        };
        may_be_kept(asked, status, headers, &control)?;
        let mut bits = 0;
        if is_shared {
            if control.says(Word::Private) {
                return Err(Refusal::Private);
            }
            let for_all = control.says(Word::Public) || control.s_maxage.is_some();
            // RFC 9111, section 3.5.
            let for_authorized = for_all || control.says(Word::MustRevalidate);
            bits |= if for_all { FOR_COOKIES } else { 0 };
            bits |= if for_authorized { FOR_AUTHORIZED } else { 0 };
            if asked.has_cookies() && !for_all {
                return Err(Refusal::Cookie);
            }
            if asked.is_authorized() && !for_authorized {
                return Err(Refusal::Authorization);
            }
        } else {
            bits |= FOR_COOKIES | FOR_AUTHORIZED;
        }
        let never_stale = control.says(Word::MustRevalidate)
            || is_shared && (control.says(Word::ProxyRevalidate) || control.s_maxage.is_some());
        bits |= if never_stale { NEVER_STALE } else { 0 };
        bits |= if control.says(Word::NoCache) { UNVALIDATED } else { 0 };

        let is_heuristic = is_heuristically_cacheable(status) || control.says(Word::Public);
        let lifetime = lifetime(rules, &control, headers, is_heuristic, dated, times.wall);
        bits |= if matches!(lifetime, Lifetime::Heuristic(_)) { GUESSED } else { 0 };
        if lifetime == Lifetime::Unknown && !is_heuristic {
            return Err(Refusal::Unusable);
        }
        let age = initial_age(headers, times);
        let policy = Self {
            received: times.received,
            initial_age: age.unwrap_or_default(),
            // An age that cannot be read is more than any lifetime.
            lifetime: if age.is_some() { lifetime.seconds() } else { 0 },
            while_revalidate: control.while_revalidate.unwrap_or(0),
            if_error: control.if_error.unwrap_or(rules.if_error),
            bits,
        };
        if !policy.is_of_use(headers, times) {
            return Err(Refusal::Unusable);
        }
        let mut excepted = control.unvalidated.to_vec();
        if is_shared {
            excepted.extend(control.private.iter().cloned());
        }
        Ok((policy, excepted))
    }

    /// What is stale, cannot be validated and may not be served stale is better not kept.
    fn is_of_use(&self, headers: &HeaderMap, times: &Times) -> bool {
        let span =
            if self.bits & NEVER_STALE == 0 { self.while_revalidate.max(self.if_error) } else { 0 };
        let span = u64::from(self.lifetime).saturating_add(span.into());
        let serves = self.bits & UNVALIDATED == 0 && self.age(times.received).as_secs() < span;
        serves || headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED)
    }
}

/// The rules for every cache.
fn may_be_kept(
    asked: &Asked,
    status: StatusCode,
    headers: &HeaderMap,
    control: &ResponseControl,
) -> Result<(), Refusal> {
    if asked.forbids_storing() {
        return Err(Refusal::Request);
    }
    let is_whole = status.as_u16() >= 200
        && status != StatusCode::PARTIAL_CONTENT
        && status != StatusCode::NOT_MODIFIED
        && status != StatusCode::RANGE_NOT_SATISFIABLE
        && !is_part(headers);
    // Section 5.2.2.3: who understands the status does not mind `no-store`.
    let must_understand = control.says(Word::MustUnderstand);
    if !is_whole || must_understand && !is_understood(status) {
        return Err(Refusal::Status);
    }
    if control.says(Word::NoStore) && !must_understand {
        return Err(Refusal::NoStore);
    }
    if headers.contains_key(SET_COOKIE) {
        return Err(Refusal::SetCookie);
    }
    if names_nonce(headers) || is_stream_of_events(headers) {
        return Err(Refusal::Moment);
    }
    Ok(())
}

/// Says whether a `Content-Range` is one of bytes.
fn is_part(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(CONTENT_RANGE).iter();
    lines.any(|line| line.as_bytes().trim_ascii_start().starts_with(b"bytes "))
}

fn names_nonce(headers: &HeaderMap) -> bool {
    [CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY].iter().any(|field| {
        headers.get_all(field).iter().any(|value| contains(value.as_bytes(), b"'nonce-"))
    })
}

fn is_stream_of_events(headers: &HeaderMap) -> bool {
    starts(headers, b"text/event-stream")
}

/// Says whether content is a page with a nonce in it, whichever layer names that in a field.
pub(crate) fn has_nonce(headers: &HeaderMap, content: &[u8]) -> bool {
    let is_page = starts(headers, b"text/html") || starts(headers, b"application/xhtml");
    is_page && contains(content, b"nonce=")
}

fn starts(headers: &HeaderMap, with: &[u8]) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes().trim_ascii_start();
        value.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with))
    })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}
