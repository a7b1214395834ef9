//! What a session is good for, as types.

use crate::hasher::Verified;
use crate::secret::Accepted;
use crate::session::change::PasswordChange;
use crate::session::record::Renewed;
use crate::session::stamp::Stamp;

/// What a session is good for; a request extension from which handlers take what they need.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a user may act or has to set a password first")]
pub enum Standing<U> {
    /// Everything that the user may do.
    Active(Active<U>),
    /// Setting a password.
    Pending(Pending<U>),
}

impl<U> Standing<U> {
    /// Returns whether a password must be set first.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self, Self::Pending(_))
    }
}

/// A session of a user who may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active<U> {
    user: U,
    stamp: Stamp,
    began: u64,
}

/// A session that can set a password and nothing else.
///
/// A handler that takes an [`Active`] session cannot be called with it:
///
/// ```compile_fail
/// use palisade_passwords::session::{Active, Pending};
///
/// fn grade(session: &Active<u64>) {}
/// fn attack(session: &Pending<u64>) {
///     grade(session);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending<U> {
    user: U,
    stamp: Stamp,
}

impl<U> Active<U> {
    pub(super) const fn new(user: U, stamp: Stamp, began: u64) -> Self {
        Self { user, stamp, began }
    }

    /// Returns who acts.
    #[must_use]
    pub const fn user(&self) -> &U {
        &self.user
    }

    /// Renews the session after the user has gained rights in it, such as by a second factor.
    ///
    /// It does not last longer for it, and keeps its stamp: a password that was changed since the
    /// request began ends it. When the rights of an account change for all its sessions, raise the
    /// stamp instead.
    pub fn renew(self) -> Renewed<U> {
        Renewed::since(self.user, self.stamp, self.began)
    }

    /// Changes the password; `current` is the proof that the user knows the present one (OWASP ASVS
    /// 5.0 6.2.3).
    pub fn change_password(self, current: Verified, new: Accepted) -> PasswordChange<U> {
        drop(current);
        PasswordChange::new(self.user, self.stamp, new)
    }
}

impl<U> Pending<U> {
    pub(super) const fn new(user: U, stamp: Stamp) -> Self {
        Self { user, stamp }
    }

    /// Returns whose password is to be set.
    #[must_use]
    pub const fn user(&self) -> &U {
        &self.user
    }

    /// Sets the password that the user has chosen; `stored` is what the account's row holds, burnt or
    /// not: the same password is refused (OWASP ASVS 5.0 6.4.1).
    pub fn set_password(self, stored: &str, new: Accepted) -> PasswordChange<U> {
        PasswordChange::new(self.user, self.stamp, new).unlike(stored)
    }
}
