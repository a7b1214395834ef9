//! What is stored under a session's id.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palisade_core::SecurityEvent;

use crate::session::stamp::{Account, Stamp};
use crate::session::standing::{Active, Pending, Standing};

/// Who signed in, when, and with which stamp; nothing in it is secret.
///
/// With the feature `serde` it goes into the record of a session library as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Session<U> {
    user: U,
    stamp: Stamp,
    /// Seconds since the Unix epoch.
    began: u64,
}

/// A session that must not stay under its old id.
#[derive(Debug)]
#[must_use = "the old id stays good until the session is stored under a new one"]
pub struct Renewed<U> {
    session: Session<U>,
}

/// How long sessions last, however much they are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a lifetime is given to `Session::standing`"]
pub struct Lifetime {
    active: Duration,
    pending: Duration,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ended {
    /// There is no such account any more, or it is locked.
    #[error("the account is gone or locked")]
    Account,
    /// It is older than its [`Lifetime`].
    #[error("the session is too old")]
    Age,
    /// The password or the rights were changed elsewhere.
    #[error("the sessions of this account were ended")]
    Stamp,
}

impl<U> Session<U> {
    /// Begins the session of a user who has just proved who they are.
    pub fn begin(user: U, account: &Account, now: SystemTime) -> Renewed<U> {
        Renewed::new(user, account.stamp, now)
    }

    /// Returns the user, to look the account up by.
    #[must_use]
    pub const fn user(&self) -> &U {
        &self.user
    }

    /// Decides what the session is still good for, by the account as it is now.
    ///
    /// `account` is `None` when there is no account of [`user`](Self::user) or it is locked.
    ///
    /// # Errors
    ///
    /// [`Ended`]: delete the session and treat the request as one without.
    pub fn standing(
        &self,
        account: Option<&Account>,
        now: SystemTime,
        lifetime: &Lifetime,
    ) -> Result<Standing<U>, Ended>
    where
        U: Clone,
    {
        let account = account.ok_or(Ended::Account)?;
        if account.stamp != self.stamp {
            return Err(Ended::Stamp);
        }
        let most = if account.must_change { lifetime.pending } else { lifetime.active };
        // An instance whose clock is behind sees a session of the future, which is a new one.
        if seconds(now).saturating_sub(self.began) >= most.as_secs() {
            return Err(Ended::Age);
        }
        let (user, stamp) = (self.user.clone(), self.stamp);
        Ok(if account.must_change {
            Standing::Pending(Pending::new(user, stamp))
        } else {
            Standing::Active(Active::new(user, stamp, self.began))
        })
    }
}

impl<U> Renewed<U> {
    pub(super) fn new(user: U, stamp: Stamp, now: SystemTime) -> Self {
        Self::since(user, stamp, seconds(now))
    }

    pub(super) const fn since(user: U, stamp: Stamp, began: u64) -> Self {
        Self { session: Session { user, stamp, began } }
    }

    /// Returns the session: store it under a new [`SessionId`](super::SessionId), delete the old
    /// one, send the cookie.
    ///
    /// With a library that makes its own ids, change the id first (`Session::cycle_id` of
    /// `tower-sessions`), then insert.
    pub fn into_session(self) -> Session<U> {
        self.session
    }
}

impl Lifetime {
    /// Ends sessions after this time; pending ones after 15 minutes, or earlier if this is shorter.
    ///
    /// NIST SP 800-63B-4 2.1.3 suggests at most 30 days where a password is all that is asked,
    /// 2.2.3 at most 24 hours with two factors. How long a session may lie unused is up to the store.
    pub fn new(active: Duration) -> Self {
        Self { active, pending: active.min(Duration::from_mins(15)) }
    }

    /// Ends sessions that can only set a password after this time.
    pub const fn pending(mut self, pending: Duration) -> Self {
        self.pending = pending;
        self
    }
}

impl Ended {
    /// Returns the name to report it by.
    #[must_use]
    pub const fn event(self) -> SecurityEvent {
        match self {
            Self::Age => SecurityEvent::SessionExpired,
            Self::Account | Self::Stamp => SecurityEvent::SessionUseAfterExpire,
        }
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
