//! Mistakes in configuration.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

/// A value that cannot be configured, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A secret is too short to hide anything.
    #[error("{setting} needs at least {least} bytes, not {given}")]
    Key {
        /// What was set.
        setting: &'static str,
        /// Its length.
        given: usize,
        /// The shortest that is taken.
        least: usize,
    },
    /// A name that could be mistaken for another, or for syntax.
    #[error("{setting} must be 1 to {most} ASCII letters, digits, '-' or '_'")]
    Name {
        /// What was set.
        setting: &'static str,
        /// The longest name that is taken, in bytes.
        most: usize,
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

/// Where a mistake is, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    place: String,
    message: String,
}

impl Mistake {
    /// Tells a mistake at a place: a rule's name, or a path into a file.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    /// Returns where it is: `rule "login"`, `rules[2].quota`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Says what is wrong and what to write instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Every mistake of a rule table, told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    list: Vec<Mistake>,
}

impl Mistakes {
    /// How many mistakes are told; whoever has more begins with these.
    pub const MOST: usize = 64;

    /// Returns `Ok` if there are none.
    ///
    /// # Errors
    ///
    /// The mistakes, at most [`MOST`](Self::MOST) of them.
    pub fn none_of(mut list: Vec<Mistake>) -> Result<(), Self> {
        list.truncate(Self::MOST);
        if list.is_empty() { Ok(()) } else { Err(Self { list }) }
    }

    pub(crate) fn append(&mut self, mut more: Self) {
        self.list.append(&mut more.list);
    }

    /// Returns them in the order in which they were found.
    #[must_use]
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self { list: vec![mistake] }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, mistake) in self.list.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
