//! What comes out of a sign-in.

use std::fmt;

/// The answer to a sign-in.
///
/// There is no third state and no error: what cannot be read is rejected like a wrong password.
#[derive(Debug)]
#[must_use = "a verdict lets nobody in until it is read"]
#[expect(clippy::exhaustive_enums, reason = "a password matches or it does not")]
pub enum Verdict {
    /// The password is the one that is stored.
    Verified(Verified),
    /// It is not, or there is nothing to compare it with.
    Rejected,
}

impl Verdict {
    /// Returns whether the password was right.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self, Self::Verified(_))
    }
}

/// A right password, and perhaps a better hash of it.
#[derive(Debug)]
pub struct Verified {
    upgrade: Option<Upgrade>,
}

impl Verified {
    pub(crate) const fn new(upgrade: Option<Upgrade>) -> Self {
        Self { upgrade }
    }

    /// Returns the hash to store instead, when the stored one is weaker than new ones.
    #[must_use]
    pub fn into_upgrade(self) -> Option<Upgrade> {
        self.upgrade
    }
}

/// A stronger hash of the password that was just verified.
///
/// It can be written in one way: replace the stored hash if it still is the verified one
/// (`UPDATE .. SET hash = $new WHERE id = $id AND hash = $expected`). A write without the condition
/// would bring back an old password after a reset in between. An upgrade ends no session: the
/// password is the same.
#[must_use = "without a write the old hash stays"]
pub struct Upgrade {
    expected: String,
    replacement: String,
}

/// What became of an [`Upgrade`]; none of these changes that the sign-in succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpgradeOutcome {
    /// The store failed; the old hash stays and the next sign-in tries again.
    Failed,
    /// Another write came first, such as a reset; its hash stays.
    Superseded,
    /// The stronger hash is stored.
    Written,
}

impl Upgrade {
    pub(crate) const fn new(expected: String, replacement: String) -> Self {
        Self { expected, replacement }
    }

    /// Writes by `replace_if(expected, replacement)`, which returns whether a row was replaced.
    ///
    /// An error is logged without its text and is not given back: a sign-in does not fail because
    /// its upgrade did.
    pub async fn write<E>(
        self,
        replace_if: impl AsyncFnOnce(&str, &str) -> Result<bool, E>,
    ) -> UpgradeOutcome {
        outcome(&replace_if(&self.expected, &self.replacement).await)
    }

    /// [`write`](Self::write) for stores without async.
    pub fn write_blocking<E>(
        self,
        replace_if: impl FnOnce(&str, &str) -> Result<bool, E>,
    ) -> UpgradeOutcome {
        outcome(&replace_if(&self.expected, &self.replacement))
    }
}

fn outcome<E>(result: &Result<bool, E>) -> UpgradeOutcome {
    match result {
        Ok(true) => UpgradeOutcome::Written,
        Ok(false) => UpgradeOutcome::Superseded,
        Err(_) => {
            tracing::warn!("a stronger password hash could not be stored");
            UpgradeOutcome::Failed
        }
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").finish_non_exhaustive()
    }
}
