//! What the commands `exam-portal user ...` do.

use palisade_core::SecurityEvent;
use palisade_passwords::temporary::{Temporary, TemporaryPassword};
use palisade_passwords::{Overloaded, RandomError};

use super::user::BadUser;
use super::{Accounts, NewUser, Printed, TEMPORARY, User, name};
use crate::config::UserTask;
use crate::store::StoreError;

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TaskError {
    #[error("failed sign-ins cannot be forgotten: {0}")]
    Lockout(#[from] palisade_ratelimit::store::StoreError),
    #[error(transparent)]
    BadUser(#[from] BadUser),
    #[error("no password could be hashed: {0}")]
    Overloaded(#[from] Overloaded),
    #[error("no password could be made: {0}")]
    Random(#[from] RandomError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the name or the e-mail address belongs to another account; `exam-portal user list` shows them"
    )]
    Taken,
    #[error("no student has this code")]
    UnknownStudent,
    #[error("there is no such account; `exam-portal user list` shows them")]
    UnknownUser,
}

/// Does what a command asks for; returns the lines to print.
pub(crate) async fn run(accounts: &Accounts, task: UserTask) -> Result<Vec<Printed>, TaskError> {
    match task {
        UserTask::Add { name, role, email, student } => {
            let new = NewUser::new(&name, &email, role, student)?;
            accounts.add(new).await.map(|line| vec![line])
        }
        UserTask::Disable { name } => accounts.disable(&name, true).await.map(|()| Vec::new()),
        UserTask::Enable { name } => accounts.disable(&name, false).await.map(|()| Vec::new()),
        UserTask::List => {
            let users = accounts.store.users().await?;
            Ok(users.iter().map(Printed::user).collect())
        }
        UserTask::Reset { name } => accounts.reset(&name).await.map(|line| vec![line]),
        UserTask::Unlock { name } => accounts.unlock(&name).await.map(|()| Vec::new()),
    }
}

impl Accounts {
    async fn add(&self, mut new: NewUser) -> Result<Printed, TaskError> {
        if let Some(code) = &new.student
            && self.store.student(code).await?.is_none()
        {
            return Err(TaskError::UnknownStudent);
        }
        let password = TemporaryPassword::generate(&Self::random())?;
        let hash = self.hasher.hash(password.accepted()).await?;
        new.must_change = true;
        new.temporary_until = Some(self.temporary().as_unix());
        let line = Printed::new(&new.name, &password);
        match self.store.add_user(&new, &hash).await {
            Ok(id) => {
                tracing::info!(
                    target: SecurityEvent::TARGET,
                    event = SecurityEvent::UserCreated.as_str(),
                    user = %id,
                    role = new.role.name(),
                    "an account was added"
                );
                Ok(line)
            }
            Err(StoreError::Duplicate) => Err(TaskError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an account a temporary password and ends its sessions.
    async fn reset(&self, name: &str) -> Result<Printed, TaskError> {
        let user = self.by_name(name).await?;
        let password = TemporaryPassword::generate(&Self::random())?;
        let hash = self.hasher.hash(password.accepted()).await?;
        self.store.reset_password(user.id, &hash, self.temporary()).await?;
        tracing::info!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::PasswordChange.as_str(),
            user = %user.id,
            "a temporary password was made"
        );
        self.lockout.unlock_account(&user.name).await?;
        Ok(Printed::new(&user.name, &password))
    }

    async fn disable(&self, name: &str, disabled: bool) -> Result<(), TaskError> {
        let user = self.by_name(name).await?;
        self.store.disable_user(user.id, disabled).await?;
        tracing::info!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::UserUpdated.as_str(),
            user = %user.id,
            disabled,
            "an account was locked or unlocked"
        );
        Ok(())
    }

    /// Forgets the failed sign-ins of an account.
    async fn unlock(&self, name: &str) -> Result<(), TaskError> {
        let user = self.by_name(name).await?;
        self.lockout.unlock_account(&user.name).await?;
        Ok(())
    }

    async fn by_name(&self, name: &str) -> Result<User, TaskError> {
        let key = name::key(name).ok_or(TaskError::UnknownUser)?;
        let found = self.store.credentials_by_name(&key).await?;
        found.map(|found| found.user).ok_or(TaskError::UnknownUser)
    }

    fn temporary(&self) -> Temporary {
        Temporary::lasting(TEMPORARY, self.clock.wall())
    }
}
