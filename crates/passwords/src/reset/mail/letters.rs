//! Writes mails.

use std::fmt;
use std::sync::Arc;

use palisade_core::{Clock, SystemClock};
use zeroize::Zeroizing;

use crate::random::{OsRandom, Random, RandomError};
use crate::reset::mail::address::Address;
use crate::reset::mail::message::{Mail, Mailbox};
use crate::reset::mail::origin::Origin;
use crate::reset::mail::template::{Notice, Template};
use crate::reset::token::ResetToken;

/// Writes the mails of one application: its sender, its links, the date.
///
/// # Security
///
/// `to` is the address that is stored beside the account. An address that someone typed only finds
/// the account; a mail to what was typed would go to whoever typed something that compares equal
/// (CVE-2019-19844).
#[derive(Clone)]
pub struct Letters {
    from: Mailbox,
    origin: Origin,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Letters {
    /// Writes mails from this sender with links of that origin.
    #[must_use]
    pub fn new(from: Mailbox, origin: Origin) -> Self {
        let (clock, random) = (Arc::new(SystemClock::new()), Arc::new(OsRandom::new()));
        Self { from, origin, clock, random }
    }

    /// Takes the date from another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Takes random bytes from another source.
    #[must_use]
    pub fn with_random(mut self, random: impl Random) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Writes a mail with the link of a token; the token is gone with it.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when there is no name for the mail.
    pub fn link(
        &self,
        to: &Address,
        template: &Template,
        token: ResetToken,
    ) -> Result<Mail, RandomError> {
        let link = self.origin.link(&token);
        drop(token);
        let (before, after) = template.text();
        let length = before.len().saturating_add(link.len()).saturating_add(after.len());
        let mut text = Zeroizing::new(String::with_capacity(length.saturating_add(2)));
        for part in [before, link.as_str(), "\r\n", after] {
            text.push_str(part);
        }
        self.write(to, template.subject(), text)
    }

    /// Writes a mail without a link.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when there is no name for the mail.
    pub fn notice(&self, to: &Address, notice: &Notice) -> Result<Mail, RandomError> {
        self.write(to, notice.subject(), Zeroizing::new(notice.text().to_owned()))
    }

    fn write(
        &self,
        to: &Address,
        subject: &str,
        text: Zeroizing<String>,
    ) -> Result<Mail, RandomError> {
        let mut id = [0; 16];
        self.random.fill(&mut id)?;
        let (from, date) = (self.from.clone(), self.clock.wall());
        Ok(Mail::new(from, to.clone(), subject, text, date, id))
    }
}

impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letters")
            .field("from", &self.from)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
