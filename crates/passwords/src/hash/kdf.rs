//! The functions that turn a password into a tag, and what each costs.

use std::time::Duration;

use crate::hash::arena::Arena;
use crate::hash::engine::Argon;

/// A function with all its parameters but the salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kdf {
    Argon(Argon),
}

impl Kdf {
    /// Memory in KiB that the function needs.
    pub(crate) fn memory_kib(&self) -> u64 {
        match self {
            Self::Argon(argon) => u64::from(argon.params.memory_kib()),
        }
    }

    /// Time on a common server core; counted, so that it can be compared before the work is done.
    pub(crate) fn work(&self) -> Duration {
        let (steps, nanos) = match self {
            Self::Argon(argon) => (argon.params.work(), 360),
        };
        Duration::from_nanos(steps.saturating_mul(nanos))
    }

    /// Computes the tag; false when the parameters or lengths are impossible.
    pub(crate) fn derive(
        &self,
        arena: &mut Arena,
        password: &[u8],
        salt: &[u8],
        tag: &mut [u8],
    ) -> bool {
        match self {
            Self::Argon(argon) => arena.argon(*argon, password, salt, tag),
        }
    }
}
