//! The arithmetic of a retry budget: no clock, no atomics.

use std::time::Duration;

use crate::ConfigError;

/// How many repetitions all callers together may make.
///
/// A token bucket: each call pays in a part of a token, each second adds some, each repetition
/// takes a whole one. [`Default`]: 10 % of the calls and 3 more per second, at most 100 saved up.
///
/// # Example
///
/// ```
/// use palisade_resilience::retry::BudgetPolicy;
///
/// let policy = BudgetPolicy::new(20, 1, 50)?;
/// assert!(BudgetPolicy::new(200, 1, 50).is_err());
/// # Ok::<(), palisade_resilience::ConfigError>(())
/// ```
#[must_use = "a policy does nothing until a budget follows it"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetPolicy {
    percent: u8,
    per_second: u16,
    most: u16,
}

impl BudgetPolicy {
    /// The most tokens that can be saved up.
    pub const MAX_TOKENS: u16 = 16_000;

    /// Grants repetitions of `percent` of all calls and `per_second` on top, and saves up `most`.
    ///
    /// # Errors
    ///
    /// Refuses more than 100 percent, and a `most` of 0 or above [`MAX_TOKENS`](Self::MAX_TOKENS).
    pub fn new(percent: u8, per_second: u16, most: u16) -> Result<Self, ConfigError> {
        Ok(Self {
            percent: ConfigError::number("budget percent", percent, 0, 100)?,
            per_second,
            most: ConfigError::number("budget most", most, 1, Self::MAX_TOKENS)?,
        })
    }

    fn ceiling(self) -> u64 {
        u64::from(self.most).saturating_mul(TOKEN)
    }
}

impl Default for BudgetPolicy {
    fn default() -> Self {
        Self { percent: 10, per_second: 3, most: 100 }
    }
}

/// What is in the bucket, and up to when the seconds have been paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// In thousandths of a token.
    saved: u64,
    /// Milliseconds since the budget was made.
    paid_until: u64,
}

impl Balance {
    /// Starts with what one second adds.
    #[must_use]
    pub fn new(policy: &BudgetPolicy) -> Self {
        let saved = u64::from(policy.per_second).saturating_mul(TOKEN).min(policy.ceiling());
        Self { saved, paid_until: 0 }
    }

    /// Returns the whole tokens.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.saved / TOKEN
    }

    /// A call was made for the first time.
    #[must_use]
    pub fn paid_in(self, policy: &BudgetPolicy) -> Self {
        let part = u64::from(policy.percent).saturating_mul(TOKEN / 100);
        Self { saved: self.saved.saturating_add(part).min(policy.ceiling()), ..self }
    }

    /// A call wants to be repeated, so long after the budget was made; says whether it may.
    #[must_use]
    pub fn drawn(self, policy: &BudgetPolicy, now: Duration) -> (Self, bool) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX).min(LAST_MILLI);
        // Thousandths per millisecond are tokens per second. A clock that goes back pays nothing.
        let due = now.saturating_sub(self.paid_until).saturating_mul(policy.per_second.into());
        let saved = self.saved.saturating_add(due).min(policy.ceiling());
        let paid_until = self.paid_until.max(now);
        saved
            .checked_sub(TOKEN)
            .map_or((Self { saved, paid_until }, false), |saved| (Self { saved, paid_until }, true))
    }

    /// Returns the balance as one number.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.saved << MILLI_BITS) | self.paid_until
    }

    /// Reads what [`to_bits`](Self::to_bits) wrote.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self { saved: bits >> MILLI_BITS, paid_until: bits & LAST_MILLI }
    }
}

/// A token in thousandths; 16 000 of them fit into the 24 bits beside the time.
const TOKEN: u64 = 1000;
/// 40 bits of milliseconds last 34 years.
const MILLI_BITS: u32 = 40;
const LAST_MILLI: u64 = (1 << MILLI_BITS) - 1;
