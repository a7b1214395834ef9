//! What a policy refuses to be.

use std::time::Duration;

/// A setting outside what the machine behind it can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A number is too small or too large.
    #[error("{setting} must be from {least} to {most}, not {given}")]
    Number {
        /// What was set.
        setting: &'static str,
        /// What it was set to.
        given: u64,
        /// The smallest number that is taken.
        least: u64,
        /// The largest number that is taken.
        most: u64,
    },
    /// A length of time is too short or too long.
    #[error("{setting} must be from {least:?} to {most:?}, not {given:?}")]
    Time {
        /// What was set.
        setting: &'static str,
        /// What it was set to.
        given: Duration,
        /// The shortest time that is taken.
        least: Duration,
        /// The longest time that is taken.
        most: Duration,
    },
}

impl ConfigError {
    pub(crate) fn number<N>(setting: &'static str, given: N, least: N, most: N) -> Result<N, Self>
    where
        N: Copy + Into<u64> + PartialOrd,
    {
        if given >= least && given <= most {
            Ok(given)
        } else {
            let (given, least, most) = (given.into(), least.into(), most.into());
            Err(Self::Number { setting, given, least, most })
        }
    }

    pub(crate) fn time(
        setting: &'static str,
        given: Duration,
        least: Duration,
        most: Duration,
    ) -> Result<Duration, Self> {
        if given >= least && given <= most {
            Ok(given)
        } else {
            Err(Self::Time { setting, given, least, most })
        }
    }
}
