//! A password that its user replaces.

use palisade_core::SecurityEvent;
use palisade_input_validation::Check;
use palisade_passwords::session::{ChangeError, NewPassword, Renewed, Standing};
use palisade_passwords::{Attempt, Overloaded, Refusal, Verdict, Violation};

use super::{Accounts, Client, User, UserId};
use crate::fields::Secret;
use crate::store::StoreError;

/// What the user of a session asks for; the form of the page sends a name beside it, for the browser's
/// store of passwords.
#[derive(Check)]
#[check(open)]
pub(crate) struct ChangeRequest {
    /// Not asked where the present one is temporary: it was proved, and burnt, at the sign-in.
    pub(crate) current_password: Option<Secret>,
    pub(crate) new_password: Secret,
}

/// Why a password stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ChangeRefused {
    #[error("the session is over")]
    Ended,
    /// So many failed that no password is looked at for a while.
    #[error(transparent)]
    Locked(#[from] palisade_ratelimit::lockout::Refused),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("the new password is the one that has to be replaced")]
    Same,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the current password is wrong, or the new one breaks rules")]
    Wrong { current: bool, new: Vec<Violation> },
}

impl Accounts {
    /// Replaces the password of the session's user; every other session ends.
    pub(crate) async fn change_password(
        &self,
        user: &User,
        standing: Standing<UserId>,
        request: ChangeRequest,
        client: Client,
    ) -> Result<Renewed<UserId>, ChangeRefused> {
        let found = self.store.credentials(user.id).await?.ok_or(ChangeRefused::Ended)?;
        // What breaks the rules is told beside a wrong current password, not after it.
        let new = request.new_password.candidate();
        let checked = self.policy.check(&new, &Self::context(user));
        let violations = checked.as_ref().err().map_or(&[][..], Refusal::violations).to_vec();
        let change = match standing {
            Standing::Active(active) => {
                // Whoever has a session has no other way to guess the password of its account.
                let counted = self.lockout.begin(&user.name, client.address()).await?;
                let attempt = Attempt::new(&user.name).from_client(client);
                let proved = match &request.current_password {
                    Some(current) => self.verify(&found, attempt, current.candidate()).await?,
                    None => Verdict::Rejected,
                };
                let Verdict::Verified(current) = proved else {
                    failed(user.id);
                    return Err(ChangeRefused::Wrong { current: true, new: violations });
                };
                let _ = counted.succeed().await;
                checked.map(|accepted| active.change_password(current, accepted))
            }
            Standing::Pending(pending) => {
                checked.map(|accepted| pending.set_password(&found.hash, accepted))
            }
        };
        let change =
            change.map_err(|_| ChangeRefused::Wrong { current: false, new: violations })?;
        let replace =
            async |id: &UserId, new: NewPassword<'_>| self.store.set_password(*id, new).await;
        match change.write(&self.hasher, client, self.clock.wall(), replace).await {
            Ok(session) => {
                tracing::info!(
                    target: SecurityEvent::TARGET,
                    event = SecurityEvent::PasswordChange.as_str(),
                    user = %user.id,
                    "a password was changed"
                );
                Ok(session)
            }
            Err(ChangeError::Overloaded(overloaded)) => Err(overloaded.into()),
            Err(ChangeError::Same) => Err(ChangeRefused::Same),
            Err(ChangeError::Store(error)) => Err(error.into()),
            Err(_) => Err(ChangeRefused::Ended),
        }
    }
}

fn failed(user: UserId) {
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::PasswordChangeFail.as_str(),
        user = %user,
        "the current password was wrong"
    );
}
