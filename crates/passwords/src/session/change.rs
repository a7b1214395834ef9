//! A password that is about to be replaced.

use std::hash::Hash;
use std::time::SystemTime;

use crate::error::Overloaded;
use crate::hasher::{Attempt, Hasher};
use crate::secret::Accepted;
use crate::session::record::Renewed;
use crate::session::stamp::Stamp;
use crate::temporary::unburnt;

/// A new password for the user of a session, not written yet.
///
/// What is written: the hash, the next stamp, which ends all other sessions, and that nothing must
/// be changed any more; in one statement, and only while the account has the stamp of the session.
/// Of two changes at once, one is written.
#[must_use = "nothing is changed until it is written"]
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct PasswordChange<U> {
    user: U,
    stamp: Stamp,
    new: Accepted,
    unlike: Option<String>,
}

/// What the store writes.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a hash is not printed")]
pub struct NewPassword<'a> {
    hash: &'a str,
    expected: Stamp,
}

/// Why a password was not changed; the old one stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError<E> {
    /// There is no room for a hash now.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// It is the one that had to be replaced.
    #[error("the password that must be changed cannot be chosen again")]
    Same,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] E),
    /// The account was changed since the request began: its sessions are over.
    #[error("the account was changed meanwhile")]
    Superseded,
}

impl<U> PasswordChange<U> {
    pub(super) const fn new(user: U, stamp: Stamp, new: Accepted) -> Self {
        Self { user, stamp, new, unlike: None }
    }

    pub(super) fn unlike(mut self, stored: &str) -> Self {
        self.unlike = Some(unburnt(stored).to_owned());
        self
    }

    /// Hashes the password and writes it by `replace`, which returns whether a row was changed:
    /// `UPDATE users SET hash = $hash, stamp = $next, must_change = FALSE
    /// WHERE id = $user AND stamp = $expected`.
    ///
    /// `client` is who waits for its own jobs first, as in [`Hasher::hash_for`].
    ///
    /// # Errors
    ///
    /// [`ChangeError`]; the old password stays.
    ///
    /// # Cost
    ///
    /// One hash, and a verification where the old password must not be chosen again.
    pub async fn write<E>(
        self,
        hasher: &Hasher,
        client: impl Hash,
        now: SystemTime,
        replace: impl AsyncFnOnce(&U, NewPassword<'_>) -> Result<bool, E>,
    ) -> Result<Renewed<U>, ChangeError<E>> {
        if let Some(old) = &self.unlike {
            let attempt = Attempt::new("").stored(Some(old)).from_client(&client);
            if hasher.verify(&attempt, self.new.to_candidate()).await?.is_verified() {
                return Err(ChangeError::Same);
            }
        }
        let hash = hasher.hash_for(client, self.new).await?;
        let new = NewPassword { hash: &hash, expected: self.stamp };
        match replace(&self.user, new).await {
            Ok(true) => Ok(Renewed::new(self.user, new.next(), now)),
            Ok(false) => Err(ChangeError::Superseded),
            Err(error) => Err(ChangeError::Store(error)),
        }
    }
}

impl<'a> NewPassword<'a> {
    /// Returns the hash to store.
    #[must_use]
    pub const fn hash(&self) -> &'a str {
        self.hash
    }

    /// Returns the stamp that the account must still have.
    #[must_use]
    pub const fn expected(&self) -> Stamp {
        self.expected
    }

    /// Returns the stamp to store.
    #[must_use]
    pub const fn next(&self) -> Stamp {
        self.expected.next()
    }
}
