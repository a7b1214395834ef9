//! RFC 9111 as plain functions: what may be kept, for how long, for whom, and what ends it.
//!
//! No clock, no I/O, no tower: moments are parameters. [`Policy::of`] reads an answer once, when it comes; what
//! it returns is a few numbers that [`Policy::serve`] compares at each request.
//!
//! Where the standard leaves a choice, and in two places where it does not, this is more careful:
//!
//! | where | what this does |
//! |---|---|
//! | an answer to a request with `Cookie` | it is shared only if it says `public` or `s-maxage`, and only such an answer is served to a request with cookies |
//! | a request with `Authorization` | the same both ways, where section 3.5 speaks of storing alone; `must-revalidate` will do too |
//! | `Set-Cookie` | the answer is not kept, by no cache (section 7.3 leaves it to the cache) |
//! | `Age` that is not one number | the answer is stale (section 5.1: ignore it) |
//! | a quote in `Cache-Control` that is not closed | `no-store` |
//! | a page with a nonce, `text/event-stream`, parts (206) | not kept |

mod age;
mod directive;
mod fields;
mod invalidation;
mod request;
mod response;
mod storing;
mod targeted;
mod vary;

use std::time::{Duration, Instant};

pub use age::Times;
pub use invalidation::{ends, named};
pub use request::Asked;
pub use response::{ResponseControl, Word};
pub use storing::Refusal;
pub use vary::Selection;

pub(crate) use fields::{freshen, strip};
pub(crate) use storing::has_nonce;

/// Whom a cache serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sharing {
    /// Everybody.
    Shared,
    /// One person, or whoever is one for the application.
    Private,
}

/// How a cache goes about what the standard leaves to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    sharing: Sharing,
    /// The most seconds that an answer is fresh that does not say so.
    heuristic: u32,
    if_error: u32,
}

impl Rules {
    /// Rules with a day as the bound of what is guessed, and nothing served stale that does not allow it.
    #[must_use]
    pub const fn new(sharing: Sharing) -> Self {
        Self { sharing, heuristic: 86_400, if_error: 0 }
    }

    /// Sets how long an answer may be taken for fresh that does not say so itself, by a tenth of the time
    /// since it was last modified (RFC 9111, section 4.2.2); zero is not to guess.
    #[must_use]
    pub fn heuristic(self, most: Duration) -> Self {
        Self { heuristic: u32::try_from(most.as_secs()).unwrap_or(u32::MAX), ..self }
    }

    /// Serves a stale answer for so long when no new one can be had, unless it says otherwise.
    #[must_use]
    pub fn stale_if_error(self, span: Duration) -> Self {
        Self { if_error: u32::try_from(span.as_secs()).unwrap_or(u32::MAX), ..self }
    }

    /// Returns whom the cache serves.
    #[must_use]
    pub const fn sharing(&self) -> Sharing {
        self.sharing
    }
}

/// What was read of an answer that is kept: a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    received: Instant,
    initial_age: Duration,
    lifetime: u32,
    while_revalidate: u32,
    if_error: u32,
    bits: u8,
}

/// It must be validated each time.
const UNVALIDATED: u8 = 1;
/// It must not be served stale.
const NEVER_STALE: u8 = 2;
/// It says that it is for who has cookies.
const FOR_COOKIES: u8 = 4;
/// It says that it is for who is authorized.
const FOR_AUTHORIZED: u8 = 8;
/// It is fresh by a guess.
const GUESSED: u8 = 16;

/// What becomes of a request for which an answer is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// Serve it.
    Fresh,
    /// Serve it, stale: the request allows that (`max-stale`).
    Stale,
    /// Serve it, stale, and get a new one meanwhile.
    Refresh,
    /// Ask whether it is good still; it may stand in if nobody can say and
    /// [`may_stand_in`](Policy::may_stand_in).
    Validate,
    /// It is for others: as if it were not there.
    NotForThis,
}

impl Policy {
    /// Returns how old the answer is (RFC 9111, section 4.2.3).
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        self.initial_age.saturating_add(now.saturating_duration_since(self.received))
    }

    /// Returns for how many seconds it is fresh, from when it was made.
    #[must_use]
    pub const fn lifetime(&self) -> u32 {
        self.lifetime
    }

    /// Says whether the answer did not say how long it is fresh.
    #[must_use]
    pub const fn is_guessed(&self) -> bool {
        self.bits & GUESSED != 0
    }

    /// Decides what becomes of a request (RFC 9111, section 4).
    #[must_use]
    pub fn serve(&self, asked: &Asked, now: Instant) -> Decision {
        if !self.is_for(asked) {
            return Decision::NotForThis;
        }
        if self.bits & UNVALIDATED != 0 || asked.wants_validation() {
            return Decision::Validate;
        }
        let seconds = |number: u32| Duration::from_secs(number.into());
        let (age, lifetime) = (self.age(now), seconds(self.lifetime));
        let left = lifetime.saturating_sub(age);
        // How much older it is than the client or the answer itself would have it.
        let stale = age.saturating_sub(lifetime);
        let old = asked.max_age.map_or(stale, |most| stale.max(age.saturating_sub(seconds(most))));
        let is_old = asked.max_age.is_some_and(|most| age > seconds(most));
        if age < lifetime && !is_old && asked.min_fresh.is_none_or(|least| left >= seconds(least)) {
            return Decision::Fresh;
        }
        if self.bits & NEVER_STALE != 0 || asked.min_fresh.is_some() {
            return Decision::Validate;
        }
        if asked.max_stale.is_some_and(|most| old <= seconds(most)) {
            return Decision::Stale;
        }
        if age >= lifetime && !is_old && stale < seconds(self.while_revalidate) {
            return Decision::Refresh;
        }
        Decision::Validate
    }

    /// Says whether the answer may be served although it could not be validated: within the time of
    /// `stale-if-error` (RFC 5861, section 4), and never against a directive (RFC 9111, section 4.2.4).
    #[must_use]
    pub fn may_stand_in(&self, now: Instant) -> bool {
        let span = u64::from(self.lifetime).saturating_add(self.if_error.into());
        self.bits & (UNVALIDATED | NEVER_STALE) == 0
            && self.if_error > 0
            && self.age(now) < Duration::from_secs(span)
    }

    /// Says whether the answer may be served to who asks so.
    #[must_use]
    pub const fn is_for(&self, asked: &Asked) -> bool {
        (!asked.has_cookies() || self.bits & FOR_COOKIES != 0)
            && (!asked.is_authorized() || self.bits & FOR_AUTHORIZED != 0)
    }
}
