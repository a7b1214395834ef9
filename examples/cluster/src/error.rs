//! Why a cluster is not what it should be.

use std::io;
use std::process::ExitStatus;

/// Why a cluster does not start, roll or end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The first instance made no accounts.
    #[error("no account was made: the database is not empty")]
    Accounts,
    /// An instance had to cut requests off at its end.
    #[error("instance {name} ended with {status}: requests were cut off")]
    Cut {
        /// Which one.
        name: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
    /// The system refuses what the cluster needs.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A server does not start, answer or end.
    #[error(transparent)]
    Server(#[from] palisade_testkit::Error),
}
