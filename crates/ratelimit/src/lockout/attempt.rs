//! Leave to look at one password.

use std::fmt;

use super::Lockout;
use super::answer::{Charged, Reserved};
use super::claim::{Claim, Kind};
use super::record::Wait;
use super::report;
use crate::store::StoreError;

/// Leave to look at one password, which counts as wrong until [`succeed`](Self::succeed).
///
/// Dropped without a word, because the client hung up or the handler panicked, it counts as
/// [`fail`](Self::fail).
#[must_use = "an attempt that is dropped at once is a failure"]
pub struct Attempt {
    lockout: Lockout,
    claim: Claim,
    reserved: Reserved,
    is_open: bool,
}

impl Attempt {
    pub(super) const fn new(lockout: Lockout, claim: Claim, reserved: Reserved) -> Self {
        Self { lockout, claim, reserved, is_open: true }
    }

    /// The password was right: takes the failure back, and those of this account from this address.
    ///
    /// Where a second factor follows, call it after that.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer. The user is who they say all the same; their
    /// failures stay until the next success.
    pub async fn succeed(mut self) -> Result<(), StoreError> {
        let store = &self.lockout.shared.store;
        let settled = store.succeed(&self.claim, &self.reserved).await;
        // Only now: who goes away while the store is told leaves a failure.
        self.is_open = false;
        let [account, _] = self.reserved.told();
        report::succeeded(self.key(), account.failures > 1, settled.as_ref().err());
        settled
    }

    /// The password was wrong; the failure is counted already.
    pub fn fail(mut self) -> Failure {
        self.is_open = false;
        self.end()
    }

    /// Returns what [`fail`](Self::fail) would say, to show how many tries are left.
    pub fn failure(&self) -> Failure {
        let [account, address] = self.reserved.told();
        let ladder = &self.lockout.shared.accounts;
        let left = ladder.first_lock().saturating_sub(account.failures);
        Failure { locked: account.wait.max(address.wait), left }
    }

    fn end(&self) -> Failure {
        let told @ [account, _] = self.reserved.told();
        report::failed(self.key(), account.failures);
        for (subject, Charged { failures, wait, .. }) in self.claim.subjects().zip(told) {
            if let Some(wait) = wait {
                report::lock(subject.kind, &subject.key, failures, wait);
            }
        }
        self.failure()
    }

    fn key(&self) -> super::Key {
        let account = self.claim.subjects().find(|subject| subject.kind == Kind::Account);
        account.map(|subject| subject.key).unwrap_or_default()
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.is_open {
            let _ = self.end();
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("reserved", &self.reserved).finish_non_exhaustive()
    }
}

/// What a failed attempt has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a client should be told how long to wait"]
pub struct Failure {
    locked: Option<Wait>,
    left: u32,
}

impl Failure {
    /// Returns how long the account or the address is locked now (NIST SP 800-63B: tell the user).
    #[must_use]
    pub const fn locked(&self) -> Option<Wait> {
        self.locked
    }

    /// Returns how many failures more the account has before it is locked.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.left
    }
}
