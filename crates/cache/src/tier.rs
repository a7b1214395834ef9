//! How long values are good.

use std::time::Duration;

use crate::error::ConfigError;
use crate::time::{LONGEST, SHORTEST};

/// A time to live with a name and a jitter.
///
/// The jitter shortens each entry's life by a random part, so that values that were loaded together
/// do not expire together; it never lengthens one.
///
/// # Example
///
/// ```
/// use palisade_cache::Tier;
/// use std::time::Duration;
///
/// assert_eq!(Tier::MEDIUM.ttl(), Duration::from_mins(5));
/// let own = Tier::new(Duration::from_secs(20))?.jitter(25)?;
/// # assert_eq!(own.jitter_percent(), 25);
/// # Ok::<_, palisade_cache::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    ttl: Duration,
    jitter: u8,
}

impl Tier {
    /// A minute: what changes while people look at it.
    pub const SHORT: Self = Self::known(Duration::from_mins(1));
    /// Five minutes: lists, permissions.
    pub const MEDIUM: Self = Self::known(Duration::from_mins(5));
    /// An hour: settings, pages.
    pub const LONG: Self = Self::known(Duration::from_hours(1));
    /// A day: what changes with a release.
    pub const STATIC: Self = Self::known(Duration::from_hours(24));

    const fn known(ttl: Duration) -> Self {
        Self { ttl, jitter: 10 }
    }

    /// Makes a tier with a jitter of a tenth.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Time`] below 16 ms, the unit in which entries expire, and over a year.
    pub fn new(ttl: Duration) -> Result<Self, ConfigError> {
        ConfigError::time("the time to live", ttl, SHORTEST, LONGEST).map(Self::known)
    }

    /// Sets the part of the time to live, in percent, by which an entry's life may be shorter.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] over 50.
    pub fn jitter(mut self, percent: u8) -> Result<Self, ConfigError> {
        ConfigError::number("the jitter in percent", u64::from(percent), 0, 50)?;
        self.jitter = percent;
        Ok(self)
    }

    /// Returns the time to live.
    #[must_use]
    pub const fn ttl(self) -> Duration {
        self.ttl
    }

    /// Returns the jitter in percent.
    #[must_use]
    pub const fn jitter_percent(self) -> u8 {
        self.jitter
    }

    /// Returns the life of one entry.
    pub(crate) fn life(self, random: u64) -> Duration {
        let nanos = u64::try_from(self.ttl.as_nanos()).unwrap_or(u64::MAX);
        let most = u128::from(nanos / 100).saturating_mul(u128::from(self.jitter));
        let cut = most.saturating_mul(u128::from(random)) >> 64;
        self.ttl.saturating_sub(Duration::from_nanos(u64::try_from(cut).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_shortens_within_its_part_and_never_lengthens() {
        let tier = Tier::new(Duration::from_secs(100)).unwrap().jitter(20).unwrap();
        assert_eq!(tier.life(0), Duration::from_secs(100));
        let least = tier.life(u64::MAX);
        assert!(least >= Duration::from_secs(80) && least < Duration::from_millis(80_001));
        assert_eq!(tier.life(1 << 63), Duration::from_secs(90));
        assert_eq!(tier.jitter(0).unwrap().life(u64::MAX), Duration::from_secs(100));
    }

    #[test]
    fn a_life_that_cannot_be_is_refused_with_the_bounds() {
        let refused = Tier::new(Duration::from_millis(3)).unwrap_err().to_string();
        assert_eq!(refused, "the time to live must be from 16ms to 31536000s, not 3ms");
        assert!(Tier::new(Duration::MAX).is_err());
        assert!(Tier::SHORT.jitter(51).is_err());
    }
}
