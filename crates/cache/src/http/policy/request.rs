//! What a request says of the answers that will do for it.

use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, HeaderMap, HeaderName, PRAGMA};

use super::directive::{Argument, MOST_SECONDS, directives};
use super::response::least;

/// What of a request decides how a cache deals with it: its directives, and whether it says who asks.
///
/// Numbers of seconds that cannot be read are 0, but for `max-stale`, which then is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    bits: u8,
    pub(super) max_age: Option<u32>,
    pub(super) min_fresh: Option<u32>,
    pub(super) max_stale: Option<u32>,
}

const NO_CACHE: u8 = 1;
const NO_STORE: u8 = 2;
const ONLY_IF_CACHED: u8 = 4;
const AUTHORIZED: u8 = 8;
const COOKIES: u8 = 16;

impl Asked {
    /// Reads the fields of a request.
    ///
    /// # Cost
    ///
    /// Four look-ups, and each byte of `Cache-Control` once; no allocation.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut asked = Self::default();
        asked.note(AUTHORIZED, headers.contains_key(AUTHORIZATION));
        asked.note(COOKIES, headers.contains_key(COOKIE));
        for line in headers.get_all(CACHE_CONTROL) {
            for directive in directives(line.as_bytes()) {
                let seconds = || Some(directive.seconds().unwrap_or(0));
                asked.note(NO_CACHE, directive.is("no-cache"));
                asked.note(NO_STORE, directive.is("no-store"));
                asked.note(ONLY_IF_CACHED, directive.is("only-if-cached"));
                if directive.is("max-age") {
                    asked.max_age = least(asked.max_age, seconds());
                } else if directive.is("min-fresh") {
                    asked.min_fresh = asked.min_fresh.max(seconds());
                } else if directive.is("max-stale") {
                    let any = directive.argument == Argument::Absent;
                    let stale = if any { Some(MOST_SECONDS) } else { directive.seconds() };
                    asked.max_stale = least(asked.max_stale, stale);
                }
            }
        }
        // RFC 9111, section 5.4.
        if !headers.contains_key(CACHE_CONTROL) {
            let mut lines = headers.get_all(PRAGMA).iter();
            let refreshes =
                lines.any(|line| directives(line.as_bytes()).any(|one| one.is("no-cache")));
            asked.note(NO_CACHE, refreshes);
        }
        asked
    }

    /// Leaves out of account what the client would have: a new answer, or none that is a certain
    /// time old.
    #[must_use]
    pub const fn without_wishes(self) -> Self {
        let bits = self.bits & !NO_CACHE;
        Self { bits, max_age: None, min_fresh: None, max_stale: None }
    }

    /// Notes that the request says who asks, in a field that is no `Cookie` and no `Authorization`.
    #[must_use]
    pub(crate) fn identified_by(mut self, fields: &[HeaderName], headers: &HeaderMap) -> Self {
        self.note(COOKIES, fields.iter().any(|field| headers.contains_key(field)));
        self
    }

    const fn note(&mut self, bit: u8, is_so: bool) {
        if is_so {
            self.bits |= bit;
        }
    }

    const fn has(self, bit: u8) -> bool {
        self.bits & bit != 0
    }

    /// `no-cache`, or `Pragma: no-cache` in a request without `Cache-Control`.
    #[must_use]
    pub const fn wants_validation(self) -> bool {
        self.has(NO_CACHE)
    }

    /// `no-store`: what is answered must not be kept.
    #[must_use]
    pub const fn forbids_storing(self) -> bool {
        self.has(NO_STORE)
    }

    /// `only-if-cached`: 504 if nothing stored will do.
    #[must_use]
    pub const fn only_if_cached(self) -> bool {
        self.has(ONLY_IF_CACHED)
    }

    /// Says whether there is an `Authorization` field.
    #[must_use]
    pub const fn is_authorized(self) -> bool {
        self.has(AUTHORIZED)
    }

    /// Says whether there is a `Cookie` field.
    #[must_use]
    pub const fn has_cookies(self) -> bool {
        self.has(COOKIES)
    }
}
