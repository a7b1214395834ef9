//! What headers say.
//!
//! * `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-11, lists of
//!   strings with parameters (RFC 9651): `r` is what would pass at once now, `t` the whole seconds
//!   until more does, rounded up: within them no more than `r` can be used (4.1.2). `t` is left
//!   out where nothing is missing.
//! * `X-RateLimit-Limit`, `-Remaining` and `-Reset`, of the policy with the least left.
//!
//! They are honest: a lone client that sends `r` more at once is not refused, and one that waits as
//! told is admitted.

mod ietf;
mod legacy;
mod text;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};
use palisade_core::{PreparedProblem, Problem, Text};

use crate::quota::Quota;

pub(crate) use text::{Seconds, number};

/// A version of the draft of the IETF whose fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Draft {
    /// draft-ietf-httpapi-ratelimit-headers-11 (May 2026); the lines are those of draft 10 too.
    ///
    /// Partition keys (`pk`) are left out: a key here is who the client is.
    Eleven,
}

/// What `X-RateLimit-Reset` is; APIs differ, so it is always said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "seconds from now or since 1970")]
pub enum Reset {
    /// Whole seconds from now, rounded up.
    Delta,
    /// The second since 1970 in which it is, rounded up.
    Epoch,
}

/// Which header fields answers carry.
///
/// Refusals carry `Retry-After` and `Cache-Control: no-store` in any case.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::fields::{Draft, Fields, Reset};
///
/// let both = Fields::none().ietf(Draft::Eleven).x_ratelimit(Reset::Delta);
/// assert_ne!(both, Fields::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Fields {
    draft: Option<Draft>,
    reset: Option<Reset>,
}

impl Fields {
    /// None.
    pub const fn none() -> Self {
        Self { draft: None, reset: None }
    }

    /// `RateLimit` and `RateLimit-Policy`, as that draft writes them.
    pub const fn ietf(self, draft: Draft) -> Self {
        Self { draft: Some(draft), ..self }
    }

    /// `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`.
    pub const fn x_ratelimit(self, reset: Reset) -> Self {
        Self { reset: Some(reset), ..self }
    }

    pub(crate) const fn are_none(self) -> bool {
        self.draft.is_none() && self.reset.is_none()
    }
}

/// [`Draft::Eleven`] and nothing else.
impl Default for Fields {
    fn default() -> Self {
        Self::none().ietf(Draft::Eleven)
    }
}

/// What is written about a policy and never changes.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    plain: Arc<str>,
    /// The name as a string of RFC 9651, and what stands before what remains: `"api";r=`.
    head: Box<str>,
    policy: HeaderValue,
    /// With room for what is known later: a map that grows is copied.
    pub(crate) problem: PreparedProblem,
}

impl Prepared {
    pub(crate) fn new(name: &str, quota: Quota, fields: Fields) -> Self {
        let (head, policy) = (format!("{name:?};r="), ietf::policy(name, quota));
        let mut problem = problem([name]);
        let headers = problem.headers_mut();
        headers.insert(RETRY_AFTER, number(1));
        if fields.draft.is_some() {
            headers.insert(&ietf::RATELIMIT, text::value(format!("{head}0")));
            headers.insert(&ietf::RATELIMIT_POLICY, policy.clone());
        }
        Self { plain: name.into(), head: head.into(), policy, problem }
    }

    pub(crate) const fn plain(&self) -> &Arc<str> {
        &self.plain
    }
}

/// The problem of a request that violates these policies.
pub(crate) fn problem<'a>(names: impl IntoIterator<Item = &'a str>) -> PreparedProblem {
    Problem::new(http::StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded")
        .of_type(
            "https://iana.org/assignments/http-problem-types#quota-exceeded",
            "Request cannot be satisfied as assigned quota has been exceeded",
        )
        .detail("wait as long as Retry-After says")
        .list(
            "violated-policies",
            names.into_iter().map(|name| Text::from_program(name.to_owned())),
        )
        .prepare()
}

/// A policy and how it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Until one more remains; zero if none is missing.
    pub(crate) next: Duration,
}

/// Header lines that are ready to be put into an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// `RateLimit` and `RateLimit-Policy`.
    ietf: Option<[HeaderValue; 2]>,
    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset`.
    legacy: Option<Box<[HeaderValue; 3]>>,
}

impl Lines {
    /// Writes what is to be said about these policies.
    pub(crate) fn of(
        fields: Fields,
        shown: &[Shown<'_>],
        wall: impl FnOnce() -> SystemTime,
    ) -> Self {
        if shown.is_empty() {
            return Self::default();
        }
        let ietf = fields.draft.map(|draft| match draft {
            Draft::Eleven => ietf::write(shown),
        });
        let legacy = fields.reset.and_then(|reset| legacy::write(shown, reset, wall));
        Self { ietf, legacy: legacy.map(Box::new) }
    }

    pub(crate) const fn are_none(&self) -> bool {
        self.ietf.is_none() && self.legacy.is_none()
    }

    /// Puts the lines into an answer; what a handler has set itself stays beside them.
    pub(crate) fn put(self, headers: &mut HeaderMap) {
        self.each(|name, value| {
            headers.append(name, value);
        });
    }

    /// Puts the lines into an answer, in the place of those that it has.
    pub(crate) fn set(self, headers: &mut HeaderMap) {
        // An insertion would make room first, even where it needs none.
        self.each(|name, value| match headers.get_mut(name) {
            Some(place) => *place = value,
            None => drop(headers.insert(name, value)),
        });
    }

    /// Puts those lines into an answer that it does not have.
    pub(crate) fn put_missing(self, headers: &mut HeaderMap) {
        self.each(|name, value| {
            headers.entry(name).or_insert(value);
        });
    }

    fn each(self, mut put: impl FnMut(&HeaderName, HeaderValue)) {
        if let Some([counts, policies]) = self.ietf {
            put(&ietf::RATELIMIT, counts);
            put(&ietf::RATELIMIT_POLICY, policies);
        }
        if let Some(lines) = self.legacy {
            for (name, value) in legacy::NAMES.iter().zip(*lines) {
                put(name, value);
            }
        }
    }
}
