//! A password that is set by a link.

use palisade_passwords::reset::{Gone, LookError, RedeemError, ResetToken};
use palisade_passwords::{Candidate, Overloaded, Refusal};

use super::{Accounts, User, UserId};
use crate::store::{NoAccount, ResetLinks, StoreError};

/// Why a link sets no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ResetRefused {
    /// It was used, has expired, was replaced, or was never sent.
    #[error(transparent)]
    Gone(#[from] Gone),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The password breaks rules; the link stays good.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Returns whom a link is for, if it is good; changes nothing.
    pub(crate) async fn look(
        &self,
        links: &ResetLinks,
        token: &ResetToken,
    ) -> Result<User, ResetRefused> {
        let (_, id) = links.look(token).await?;
        self.open_account(id).await
    }

    /// Sets the password of a link's account; every session of it ends, and every link.
    ///
    /// Whatever is refused but for the link itself leaves the link as good as it was.
    pub(crate) async fn redeem(
        &self,
        links: &ResetLinks,
        token: &ResetToken,
        new: Candidate,
    ) -> Result<User, ResetRefused> {
        let (live, id) = links.look(token).await?;
        let user = self.open_account(id).await?;
        let accepted = self.policy.check(&new, &Self::context(&user))?;
        let redeemed = links.redeem(live, id, accepted, &self.hasher).await?;
        tracing::debug!(user = redeemed.account(), "a link was redeemed");
        if let Err(error) = self.lockout.unlock_account(&user.name).await {
            tracing::warn!(user = %user.id, %error, "an account with a new password stays locked");
        }
        Ok(user)
    }

    async fn open_account(&self, id: UserId) -> Result<User, ResetRefused> {
        let found = self.store.user(id).await?;
        found.filter(|user| !user.disabled).ok_or(ResetRefused::Gone(Gone::Unknown))
    }
}

impl From<LookError> for ResetRefused {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Gone(gone) => Self::Gone(gone),
            LookError::Store(error) => Self::Store(error.into()),
            other => Self::Store(sqlx::Error::AnyDriverError(other.into()).into()),
        }
    }
}

impl From<RedeemError> for ResetRefused {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Gone(gone) => Self::Gone(gone),
            RedeemError::Overloaded(overloaded) => Self::Overloaded(overloaded),
            RedeemError::Store(error) => Self::Store(error.into()),
            RedeemError::Write(error) if error.is::<NoAccount>() => Self::Gone(Gone::Unknown),
            RedeemError::Write(error) => match error.downcast::<sqlx::Error>() {
                Ok(error) => Self::Store((*error).into()),
                Err(other) => Self::Store(sqlx::Error::AnyDriverError(other).into()),
            },
            other => Self::Store(sqlx::Error::AnyDriverError(other.into()).into()),
        }
    }
}
