//! How often, how long and how spread a call is repeated: no clock, no I/O.

use std::time::Duration;

use super::Verdict;
use crate::{ConfigError, dice};

/// How chance spreads the waits between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// Anything from half of the wait to all of it: never near zero, for throttled servers.
    Equal,
    /// Anything from nothing to the whole wait: spreads a crowd best.
    Full,
}

/// How often and after what waits a call is repeated.
///
/// [`Default`]: 3 tries, waits of up to 100 ms, 200 ms, ... 2 s with full jitter, a `Retry-After` of
/// up to 10 s is waited for, no limit for one try.
///
/// # Example
///
/// ```
/// use palisade_resilience::retry::{Jitter, RetryPolicy};
/// use std::time::Duration;
///
/// let policy = RetryPolicy::default()
///     .tries(4)?
///     .backoff(Duration::from_millis(50), Duration::from_secs(1))?
///     .jitter(Jitter::Equal)
///     .try_limit(Duration::from_millis(500));
/// assert_eq!(policy.wait_before(2, 0), Duration::from_millis(25));
/// assert!(policy.wait_before(40, u64::MAX) < Duration::from_secs(1));
/// # Ok::<(), palisade_resilience::ConfigError>(())
/// ```
#[must_use = "a policy does nothing until a retry follows it"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    tries: u8,
    base: Duration,
    cap: Duration,
    jitter: Jitter,
    longest_retry_after: Duration,
    try_limit: Option<Duration>,
}

/// What follows a try.
#[expect(clippy::exhaustive_enums, reason = "a call is repeated or not")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Try again after this wait.
    Again(Duration),
    /// Give the result to the caller.
    Stop(Stop),
}

/// Why a call is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stop {
    /// The budget has no token left.
    Budget,
    /// The wait would last to the deadline or beyond.
    Deadline,
    /// The result stands.
    Done,
    /// Repeating is not safe, or the body cannot be sent twice.
    NotRepeatable,
    /// The server asked for a longer wait than the policy grants.
    RetryAfter,
    /// All tries are used.
    Tries,
}

impl Stop {
    /// Returns the name that logs and metrics carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Deadline => "deadline",
            Self::Done => "done",
            Self::NotRepeatable => "not_repeatable",
            Self::RetryAfter => "retry_after",
            Self::Tries => "tries",
        }
    }
}

impl RetryPolicy {
    /// The most tries that can be asked for.
    pub const MAX_TRIES: u8 = 20;
    /// The longest wait that can be asked for.
    pub const MAX_WAIT: Duration = Duration::from_hours(1);

    /// Tries so often, the first time included; 1 never repeats.
    ///
    /// # Errors
    ///
    /// Refuses 0 and more than [`MAX_TRIES`](Self::MAX_TRIES).
    pub fn tries(mut self, tries: u8) -> Result<Self, ConfigError> {
        self.tries = ConfigError::number("tries", tries, 1, Self::MAX_TRIES)?;
        Ok(self)
    }

    /// Waits up to `base` before the second try and up to twice as long before each further one,
    /// never longer than `cap`.
    ///
    /// # Errors
    ///
    /// Refuses a base below 1 ms, a cap below the base and one above
    /// [`MAX_WAIT`](Self::MAX_WAIT).
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Result<Self, ConfigError> {
        let least = Duration::from_millis(1);
        self.base = ConfigError::time("backoff base", base, least, Self::MAX_WAIT)?;
        self.cap = ConfigError::time("backoff cap", cap, base, Self::MAX_WAIT)?;
        Ok(self)
    }

    /// Spreads the waits so.
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// Waits so long at most when a server sends `Retry-After`; one that asks for more is not asked
    /// again, for asking earlier than it said would make its trouble worse.
    ///
    /// # Errors
    ///
    /// Refuses more than [`MAX_WAIT`](Self::MAX_WAIT).
    pub fn longest_retry_after(mut self, longest: Duration) -> Result<Self, ConfigError> {
        let (setting, most) = ("longest_retry_after", Self::MAX_WAIT);
        self.longest_retry_after = ConfigError::time(setting, longest, Duration::ZERO, most)?;
        Ok(self)
    }

    /// Gives each try so long at most; one that takes longer is repeated.
    pub const fn try_limit(mut self, limit: Duration) -> Self {
        self.try_limit = Some(limit);
        self
    }

    /// Returns the wait before try number `next` (2 is the first repetition) for a random number of
    /// which all are equally likely.
    #[must_use]
    pub fn wait_before(&self, next: u8, random: u64) -> Duration {
        let doublings = u32::from(next.saturating_sub(2));
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let whole = self.base.saturating_mul(factor).min(self.cap);
        match self.jitter {
            Jitter::Full => dice::part(whole, random),
            Jitter::Equal => {
                let half = dice::part(whole, 1 << 63);
                half.saturating_add(dice::part(whole, random >> 1))
            }
        }
    }

    /// Returns what follows after `done` tries with this verdict on the last one, `remaining`
    /// before the deadline of the whole, if it has one. The budget is asked after this.
    ///
    /// To a server's `Retry-After` the jittered wait is added: it said the same to all.
    #[must_use]
    pub fn plan(
        &self,
        done: u8,
        verdict: Verdict,
        remaining: Option<Duration>,
        random: u64,
    ) -> Plan {
        let asked = match verdict {
            Verdict::Done => return Plan::Stop(Stop::Done),
            Verdict::Again => Duration::ZERO,
            Verdict::AgainAfter(asked) => asked,
        };
        if done >= self.tries {
            return Plan::Stop(Stop::Tries);
        }
        if asked > self.longest_retry_after {
            return Plan::Stop(Stop::RetryAfter);
        }
        let wait = asked.saturating_add(self.wait_before(done.saturating_add(1), random));
        if remaining.is_some_and(|remaining| wait >= remaining) {
            return Plan::Stop(Stop::Deadline);
        }
        Plan::Again(wait)
    }

    pub(super) const fn one_try(&self) -> Option<Duration> {
        self.try_limit
    }

    pub(super) const fn has_more_after(&self, done: u8) -> bool {
        done < self.tries
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 3,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(2),
            jitter: Jitter::Full,
            longest_retry_after: Duration::from_secs(10),
            try_limit: None,
        }
    }
}
