//! What can go wrong with a link.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;
use palisade_core::Problem;

use crate::error::Overloaded;
use crate::random::RandomError;

/// Why a link is not good.
///
/// Only who holds the whole token learns more than [`Unknown`](Self::Unknown).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Gone {
    /// Its time has passed.
    #[error("the link has expired")]
    Expired,
    /// A newer link was sent, or the password was changed.
    #[error("a newer link was sent or the password was changed since")]
    Superseded,
    /// There is no such token for this purpose, or not any more.
    #[error("the link is not valid")]
    Unknown,
    /// It was redeemed.
    #[error("the link was used")]
    Used,
}

impl Gone {
    /// Returns the word that programs compare; it does not change.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "reset_link_expired",
            Self::Superseded => "reset_link_superseded",
            Self::Unknown => "reset_link_unknown",
            Self::Used => "reset_link_used",
        }
    }

    /// Returns the answer for the client: 410.
    pub fn problem(self) -> Problem {
        Problem::new(StatusCode::GONE, self.code())
            .detail("this link cannot be used any more; ask for a new one")
    }
}

/// The store could not do its work; nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("the store of reset tokens failed")]
pub struct StoreError {
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// Wraps the reason of the store.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }

    /// Returns what the store said, for an application that tells its kinds of failure apart.
    #[must_use]
    pub fn into_source(self) -> Box<dyn Error + Send + Sync> {
        self.source
    }

    /// Returns the answer for the client: 503.
    pub fn problem(&self) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "reset_unavailable")
            .detail("the link was not touched, try again in a moment")
    }
}

/// No token was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The account's name cannot be stored.
    #[error("an account is named by 1 to {most} bytes")]
    Account {
        /// The bound, in bytes.
        most: usize,
    },
    /// There was no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a link cannot be redeemed now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// It is not good.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// It could not be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LookError {
    /// Returns why the link is not good, if that is known.
    #[must_use]
    pub const fn gone(&self) -> Option<Gone> {
        match self {
            Self::Gone(gone) => Some(*gone),
            Self::Store(_) => None,
        }
    }

    /// Returns the answer for the client: 410 or 503.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Gone(gone) => gone.problem(),
            Self::Store(error) => error.problem(),
        }
    }
}

/// Why a store did not claim a token; the transaction was rolled back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The link is not good.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The application's write failed.
    #[error("the new password could not be written")]
    Write(#[source] Box<dyn Error + Send + Sync>),
}

/// Why no password was set. But for [`Gone`](Self::Gone), the link stays as good as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedeemError {
    /// The link is not good, or somebody else was faster.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The hasher has no room.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The application's write failed.
    #[error("the new password could not be written")]
    Write(#[source] Box<dyn Error + Send + Sync>),
}

impl RedeemError {
    /// Returns the answer for the client: 410 or 503.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Gone(gone) => gone.problem(),
            Self::Overloaded(overloaded) => overloaded.problem(),
            Self::Store(error) => error.problem(),
            Self::Write(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "reset_unavailable")
                .detail("the link was not touched, try again in a moment"),
        }
    }
}

impl From<ClaimError> for RedeemError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Gone(gone) => Self::Gone(gone),
            ClaimError::Store(error) => Self::Store(error),
            ClaimError::Write(error) => Self::Write(error),
        }
    }
}

/// A setting that would not protect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// NIST SP 800-63B-4 4.2.1.2 gives a code by mail a day at most.
    #[error("a link is good for {least:?} to {most:?}: got {asked:?}")]
    Lifetime {
        /// What was asked for.
        asked: Duration,
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// Each account has a bounded number of links.
    #[error("an account has 1 to {most} links at a time: got {asked}")]
    LiveLinks {
        /// What was asked for.
        asked: u8,
        /// The bound.
        most: u8,
    },
}

/// The tables cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// A newer release has changed the tables.
    #[error(
        "the tables of reset tokens are of version {found}, this release knows {known}: start the newer release"
    )]
    Newer {
        /// The version of the tables.
        found: i64,
        /// The newest version that this release knows.
        known: i64,
    },
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
