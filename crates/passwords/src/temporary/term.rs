//! When a temporary password is over.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What stands beside the hash of a temporary password: until when it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a temporary password does not end until it is redeemed"]
pub struct Temporary {
    /// Seconds since the Unix epoch.
    until: i64,
}

/// Why a temporary password, though right, lets nobody in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedeemError<E> {
    /// Its time is over.
    #[error("the temporary password has expired")]
    Expired,
    /// The store failed, so that it could be used again.
    #[error("the store failed")]
    Store(#[source] E),
    /// Another sign-in used it, or another password was set meanwhile.
    #[error("the temporary password is used up")]
    Used,
}

impl Temporary {
    /// Lasts for this time from now.
    pub fn lasting(time: Duration, now: SystemTime) -> Self {
        Self::until_unix(seconds(now).saturating_add_unsigned(time.as_secs()))
    }

    /// Reads the column: seconds since the Unix epoch.
    pub const fn until_unix(until: i64) -> Self {
        Self { until }
    }

    /// Returns the seconds since the Unix epoch for the column.
    #[must_use]
    pub const fn as_unix(self) -> i64 {
        self.until
    }

    /// Returns whether it lets nobody in any more, whatever is typed.
    #[must_use]
    pub fn is_expired(self, now: SystemTime) -> bool {
        seconds(now) >= self.until
    }

    /// Burns the password that was just verified by `burn_if(stored, burnt)`, which writes `burnt` in
    /// place of `stored` if that is still there, and returns whether a row was replaced.
    ///
    /// # Errors
    ///
    /// [`RedeemError`], the store's failure included: nobody is signed in, and the client gets the
    /// answer of a wrong password.
    ///
    /// # Security
    ///
    /// Against a password that is read later, and against two sign-ins at once: one of them gets in.
    /// The burnt hash is kept behind a mark that no hash begins with: nothing verifies against it, and
    /// [`Pending::set_password`](crate::session::Pending::set_password) can refuse the same password.
    pub async fn redeem<E>(
        self,
        stored: &str,
        now: SystemTime,
        burn_if: impl AsyncFnOnce(&str, &str) -> Result<bool, E>,
    ) -> Result<(), RedeemError<E>> {
        if self.is_expired(now) {
            return Err(RedeemError::Expired);
        }
        match burn_if(stored, &burnt(stored)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(RedeemError::Used),
            Err(error) => Err(RedeemError::Store(error)),
        }
    }
}

/// Django marks what cannot be verified in the same way.
const MARK: char = '!';

fn burnt(stored: &str) -> String {
    format!("{MARK}{stored}")
}

pub(crate) fn unburnt(stored: &str) -> &str {
    stored.strip_prefix(MARK).unwrap_or(stored)
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
