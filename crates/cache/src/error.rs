//! What a cache refuses to be, and why there is no value.

use std::convert::Infallible;
use std::time::Duration;

/// A setting that a cache cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
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
    /// A name is empty, too long, or has characters that could be taken for something else.
    #[error("{setting} must be 1 to {most} ASCII letters, digits, hyphens or underscores")]
    Name {
        /// What was set.
        setting: &'static str,
        /// The most characters.
        most: usize,
    },
    /// A pattern is too long, or has characters that no key has.
    #[error("a pattern must be at most {most} of the characters of a key's text, and `*`")]
    Pattern {
        /// The most characters.
        most: usize,
    },
    /// Two caches of one process cannot have the same values in a far tier.
    #[error("another cache of this process has the name {name:?} in this far tier")]
    Taken {
        /// The name.
        name: String,
    },
}

impl ConfigError {
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

    pub(crate) fn name(setting: &'static str, name: &str) -> Result<String, Self> {
        const MOST: usize = 64;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > MOST || !name.bytes().all(plain) {
            return Err(Self::Name { setting, most: MOST });
        }
        Ok(name.to_owned())
    }

    pub(crate) const fn number(
        setting: &'static str,
        given: u64,
        least: u64,
        most: u64,
    ) -> Result<u64, Self> {
        if given >= least && given <= most {
            Ok(given)
        } else {
            Err(Self::Number { setting, given, least, most })
        }
    }
}

/// Why a load gave no value.
///
/// The loader's error keeps its type; everybody who waited for the load gets a clone of it. An
/// error that cannot be cloned is put into an `Arc` by the loader.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError<E> {
    /// The loader failed, and no stale value was allowed in its place.
    #[error(transparent)]
    Loader(E),
    /// The loader panicked, or the runtime ended while it ran.
    #[error("the load of a cached value ended without an answer")]
    Ended,
    /// The loader took longer than the cache's load limit.
    #[error("the load of a cached value took longer than {limit:?}")]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// As many callers as the cache allows wait for this value already.
    #[error("{limit} callers wait for this value already")]
    Crowded {
        /// The limit.
        limit: usize,
    },
    /// The loader said that nothing was modified, and there was nothing.
    #[error("the loader kept a value that was not there")]
    NothingKept,
    /// Another call's loader found that there is no value.
    #[error("another load found that there is no value")]
    Absent,
    /// There is no tokio runtime whose tasks could run the loader.
    #[error("a load needs a tokio runtime around it")]
    NoRuntime,
}

impl<E> LoadError<E> {
    /// Returns the loader's own error, or what is made of a load that was lost otherwise.
    ///
    /// ```
    /// use palisade_cache::LoadError;
    ///
    /// #[derive(Debug, PartialEq)]
    /// enum Failure {
    ///     Database,
    ///     Busy,
    /// }
    ///
    /// let lost = |_| Failure::Busy;
    /// assert_eq!(LoadError::Loader(Failure::Database).loader_or(lost), Failure::Database);
    /// assert_eq!(LoadError::Crowded { limit: 1024 }.loader_or(lost), Failure::Busy);
    /// ```
    pub fn loader_or(self, lost: impl FnOnce(LoadError<Infallible>) -> E) -> E {
        self.split().map_or_else(|error| error, lost)
    }

    /// Returns what no loader said, or the error of one.
    pub(crate) fn split<F>(self) -> Result<LoadError<F>, E> {
        Ok(match self {
            Self::Loader(error) => return Err(error),
            Self::Ended => LoadError::Ended,
            Self::TimedOut { limit } => LoadError::TimedOut { limit },
            Self::Crowded { limit } => LoadError::Crowded { limit },
            Self::NothingKept => LoadError::NothingKept,
            Self::Absent => LoadError::Absent,
            Self::NoRuntime => LoadError::NoRuntime,
        })
    }
}
