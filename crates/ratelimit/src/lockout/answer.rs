//! What a store says to a sign-in.

use std::time::Duration;

use super::claim::Kind;
use super::moment::Moment;
use super::record::Wait;

/// What a store says to a [`Claim`](super::Claim).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Something is locked; nothing was counted.
    Locked(Locked),
    /// The password may be looked at; it counts as wrong until the store is told otherwise.
    Reserved(Reserved),
}

/// What was counted, and what will be locked unless the password was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reserved {
    /// The account's.
    pub account: Charged,
    /// The address's; nothing when addresses are not locked.
    pub address: Charged,
    /// What a copy in this process has counted beside the store.
    copy: Option<[Charged; 2]>,
}

impl Reserved {
    /// Puts together what a store was told by its engine.
    #[must_use]
    pub const fn new(account: Charged, address: Charged) -> Self {
        Self { account, address, copy: None }
    }

    #[cfg(feature = "palisade-resilience")]
    pub(super) const fn copied(self, account: Charged, address: Charged) -> Self {
        Self { copy: Some([account, address]), ..self }
    }

    /// Returns what the copy has counted, if there is one.
    #[cfg(feature = "palisade-resilience")]
    pub(super) fn copy(&self) -> Option<Self> {
        self.copy.map(|[account, address]| Self::new(account, address))
    }

    /// Returns the account's and the address's, with what no store knows.
    pub(super) fn told(&self) -> [Charged; 2] {
        self.copy.unwrap_or([self.account, self.address])
    }
}

/// What was counted against one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charged {
    /// Its failures on the ladder, this one with them.
    pub failures: u32,
    /// Its failures since the last success, this one with them.
    pub consecutive: u32,
    /// The end of the lock that it has now, [`Moment::ZERO`] when it has none.
    pub until: Moment,
    /// The same as a length of time.
    pub wait: Option<Wait>,
}

impl Charged {
    /// Puts together what a store was told by its engine at `now`.
    #[must_use]
    pub fn new(failures: u32, consecutive: u32, until: Moment, now: Moment) -> Self {
        let wait = match until {
            Moment::NEVER => Some(Wait::ForUnlock),
            until if until > now => Some(Wait::For(until.since(now))),
            _ => None,
        };
        Self { failures, consecutive, until, wait }
    }
}

/// A subject is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    kind: Kind,
    wait: Wait,
}

impl Locked {
    /// The subject of this kind must wait so long.
    #[must_use]
    pub const fn new(kind: Kind, wait: Wait) -> Self {
        Self { kind, wait }
    }

    /// Returns what is locked; where both are, the one that waits longer.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns how long.
    #[must_use]
    pub const fn wait(&self) -> Wait {
        self.wait
    }

    /// Returns how long, `None` when an administrator must unlock it.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.wait {
            Wait::For(wait) => Some(wait),
            Wait::ForUnlock => None,
        }
    }
}
