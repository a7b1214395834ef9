//! Reset links: who asks for one, who gets it, and by which mail.
//!
//! Whoever asks gets the same answer at once: one job is queued, whatever was typed. The job looks
//! the account up, issues the link and writes the mail to the address that is stored.

mod mails;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, Problem};
use palisade_input_validation::Check;
use palisade_passwords::Candidate;
use palisade_passwords::reset::{
    Address, Delivery, FileDelivery, Gone, Letters, Mail, Outbox, OutboxRefused, OutboxSettings,
    ResetToken,
};
use tokio::runtime::Handle;

use crate::accounts::{Accounts, ResetRefused, User, UserId};
use crate::config::MailTo;
use crate::fields::Secret;
use crate::store::{ResetLinks, Store, StoreError};
use mails::Mails;

pub(crate) use mails::PATH;

/// How long mails that wait may hold up the end of the program.
const FAREWELL: Duration = Duration::from_secs(5);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Who wants a link: a text of any form, since what is no address is told to nobody.
#[derive(Check)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    pub(crate) email: String,
}

/// A link with the password that it is for.
#[derive(Check)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redemption {
    pub(crate) token: Secret,
    pub(crate) new_password: Secret,
}

/// Sends reset links and redeems them.
///
/// A clone shares everything.
#[derive(Clone)]
pub(crate) struct Resets {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    accounts: Accounts,
    links: ResetLinks,
    letters: Letters,
    mails: Mails,
    outbox: Outbox,
    runtime: Handle,
    /// Whether links are of https.
    https: bool,
}

/// Why no mail can be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ResetsError {
    #[error("--mail {folder:?}: {source}; name a folder that this user may write")]
    Folder { folder: std::path::PathBuf, source: io::Error },
    #[error("links cannot be made of the public url: {0}")]
    Letters(#[source] Failure),
    #[error("the system gives no thread for mail: {0}")]
    Thread(#[source] io::Error),
}

impl Resets {
    /// Starts the threads that send mail; `origin` is what links begin with.
    pub(crate) fn start(
        store: Store,
        accounts: Accounts,
        mail: &MailTo,
        origin: &str,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, ResetsError> {
        let (letters, mails) =
            mails::of(origin, Arc::clone(clock)).map_err(ResetsError::Letters)?;
        let outbox = match mail {
            MailTo::Folder(folder) => {
                let of_folder = |source| ResetsError::Folder { folder: folder.clone(), source };
                start(FileDelivery::new(folder).map_err(of_folder)?, clock)
            }
            MailTo::Smtp(delivery) => start(delivery.clone(), clock),
        };
        let outbox = outbox.map_err(ResetsError::Thread)?;
        let (links, runtime) = (store.reset_links(), Handle::current());
        let https = origin.starts_with("https://");
        let shared = Shared { store, accounts, links, letters, mails, outbox, runtime, https };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Returns whether links lead to pages of https.
    pub(crate) fn is_https(&self) -> bool {
        self.shared.https
    }

    /// Sends a link to the account with this address, if there is one; nothing tells whether.
    pub(crate) fn request(&self, typed: &str) -> Result<(), OutboxRefused> {
        let (resets, typed) = (self.clone(), typed.trim().to_owned());
        self.shared.outbox.submit(move || {
            // What is no address costs a job, too.
            let Ok(typed) = Address::parse(&typed) else { return Ok(None) };
            resets.shared.runtime.block_on(resets.link_for(&typed.key()))
        })
    }

    async fn link_for(&self, email_key: &str) -> Result<Option<Mail>, Failure> {
        match self.shared.store.user_by_email(email_key).await? {
            Some(user) if !user.disabled => self.link(&user).await,
            _ => Ok(None),
        }
    }

    /// Writes the mail to the address that is stored.
    async fn link(&self, user: &User) -> Result<Option<Mail>, Failure> {
        let Shared { links, letters, mails, .. } = &*self.shared;
        let Ok(to) = Address::parse(&user.email) else {
            tracing::warn!(user = %user.id, "no mail can be sent to the address of this account");
            return Ok(None);
        };
        let token = links.issue(user.id).await?;
        Ok(Some(letters.link(&to, &mails.link, token)?))
    }

    /// Makes an account choose another password: its sessions end, a link is sent.
    ///
    /// Returns whether there is such an account.
    pub(crate) async fn require(&self, id: UserId) -> Result<bool, RequireError> {
        if !self.shared.store.require_change(id).await? {
            return Ok(false);
        }
        let resets = self.clone();
        self.shared.outbox.submit(move || {
            resets.shared.runtime.block_on(async {
                match resets.shared.store.user(id).await? {
                    Some(user) => resets.link(&user).await,
                    None => Ok(None),
                }
            })
        })?;
        Ok(true)
    }

    /// Returns whom a link is for, if it is good; changes nothing.
    pub(crate) async fn look(&self, token: &str) -> Result<User, ResetRefused> {
        let token = ResetToken::parse(token).map_err(|_| Gone::Unknown)?;
        self.shared.accounts.look(&self.shared.links, &token).await
    }

    /// Sets the password of a link's account, and tells its owner by mail.
    pub(crate) async fn redeem(&self, token: &str, new: Candidate) -> Result<(), ResetRefused> {
        let token = ResetToken::parse(token).map_err(|_| Gone::Unknown)?;
        let user = self.shared.accounts.redeem(&self.shared.links, &token, new).await?;
        self.tell_of_change(&user);
        Ok(())
    }

    /// Tells the owner of an account by mail that it has a new password.
    pub(crate) fn tell_of_change(&self, user: &User) {
        let Shared { letters, mails, outbox, .. } = &*self.shared;
        let told = Address::parse(&user.email).ok();
        let told = told.and_then(|to| letters.notice(&to, &mails.changed).ok());
        if told.is_none_or(|mail| outbox.send(mail).is_err()) {
            tracing::warn!(user = %user.id, "nobody was told by mail of a new password");
        }
    }

    /// Sends what waits, for a while.
    pub(crate) async fn stop(&self) {
        let resets = self.clone();
        let stopped = tokio::task::spawn_blocking(move || resets.shared.outbox.shutdown(FAREWELL));
        if let Ok(Err(unsent)) = stopped.await {
            tracing::warn!(%unsent, "mails were dropped");
        }
    }
}

fn start(delivery: impl Delivery, clock: &Arc<dyn Clock>) -> io::Result<Outbox> {
    Outbox::start(delivery, OutboxSettings::new(), Arc::clone(clock))
}

/// Why an account was not made to choose another password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RequireError {
    /// The mail was not taken; asking again changes nothing but that.
    #[error(transparent)]
    Outbox(#[from] OutboxRefused),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The refusal of a mail that was not taken: the same whoever it was for.
pub(crate) fn unsent(refused: OutboxRefused) -> Problem {
    tracing::warn!(%refused, "a mail was not taken");
    Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, "mail_overloaded")
        .detail("no mail can be sent now")
        .retry_after(Duration::from_mins(1))
}

impl std::fmt::Debug for Resets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resets").field("outbox", &self.shared.outbox).finish_non_exhaustive()
    }
}
