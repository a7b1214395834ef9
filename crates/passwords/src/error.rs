//! What can go wrong.

use std::io;
use std::time::Duration;

use http::StatusCode;
use palisade_core::Problem;

/// A configuration that would not protect, or could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The new hashes would not fit under the ceiling for stored ones.
    #[error(
        "new hashes need {needed_kib} KiB and {work:?}, the ceiling allows {ceiling_kib} KiB and {ceiling_work:?}: raise the ceiling or lower the parameters"
    )]
    AboveCeiling {
        /// Memory of one new hash, in KiB.
        needed_kib: u32,
        /// Nominal work of one new hash.
        work: Duration,
        /// Memory the ceiling allows, in KiB.
        ceiling_kib: u32,
        /// Nominal work the ceiling allows.
        ceiling_work: Duration,
    },
    /// Argon2 cannot run with these parameters (RFC 9106 3.1).
    #[error(
        "argon2 needs at least 8 KiB of memory per lane, one pass and one lane: got {memory_kib} KiB, {passes} passes, {lanes} lanes"
    )]
    ArgonParams {
        /// Memory, in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// The engine does not compute what RFC 9106 says on this machine.
    #[error("the argon2 engine failed its known-answer test on this machine")]
    SelfTest,
    /// A worker thread could not be started.
    #[error("a hashing thread could not be started")]
    Thread(#[source] io::Error),
    /// The queue would refuse even one job.
    #[error("the longest wait must be longer than nothing: got {0:?}")]
    Wait(Duration),
    /// The parameters are weaker than each of those that OWASP lists.
    #[error(
        "{memory_kib} KiB and {passes} passes are weaker than OWASP's lowest row (at least two passes, and KiB x passes >= {least}): take a preset"
    )]
    WeakParams {
        /// Memory, in KiB.
        memory_kib: u32,
        /// Passes over the memory.
        passes: u32,
        /// The least product of the two.
        least: u64,
    },
}

/// The hasher has no room for this job now; nothing was verified and nothing was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password hasher is overloaded, try again in {retry_after:?}")]
pub struct Overloaded {
    retry_after: Duration,
}

impl Overloaded {
    pub(crate) const fn new(retry_after: Duration) -> Self {
        Self { retry_after }
    }

    /// Returns how long the work that was already queued takes.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// Returns the answer for the client: 503 with `Retry-After`.
    pub fn problem(&self) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "password_hasher_overloaded")
            .detail("too many sign-ins at once; nothing was checked, try again in a moment")
            .retry_after(self.retry_after)
    }
}
