//! Reset links, from outside.

mod attack;
mod mail;
mod outbox;
mod race;
mod redeem;
mod sql;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use palisade_core::SystemClock;
use palisade_passwords::reset::{
    Address, Delivery, DeliveryError, Letters, Mail, Mailbox, Origin, Purpose, ResetToken, Template,
};
use palisade_passwords::{
    Accepted, Candidate, Context, Factor, Hasher, Params, Policy, Scheme, Workers,
};

pub(crate) const GOOD: &str = "red bicycles under snow";

/// Hashes in microseconds: what these tests are about is not the hash.
pub(crate) fn hasher() -> Hasher {
    let scheme = Scheme::new(Params::insecure_new(8, 1, 1).unwrap()).unwrap();
    Hasher::start(scheme, Workers::new().count(NonZeroUsize::MIN)).unwrap()
}

pub(crate) fn accepted(text: &str) -> Accepted {
    let policy = Policy::nist_800_63b_4(Factor::Single);
    policy.check(&Candidate::from(text), &Context::new()).ok().unwrap()
}

pub(crate) fn letters() -> Letters {
    let sender = Address::parse("portal@exams.example.org").unwrap();
    let origin = Origin::new("https://exams.example.org", "/reset/").unwrap();
    Letters::new(Mailbox::new("Exam Portal", sender).unwrap(), origin)
        .with_clock(SystemClock::new())
}

pub(crate) fn template() -> Template {
    Template::new("Your new password", "Choose it here:\n\n{link}\n\nIf this was not you:\nbye\n")
        .unwrap()
}

/// Reads the link as its receiver does.
pub(crate) fn link_in(text: &str) -> &str {
    text.lines().find(|line| line.starts_with("http")).unwrap()
}

pub(crate) fn token_in(text: &str) -> ResetToken {
    ResetToken::parse(link_in(text).rsplit('/').next().unwrap()).unwrap()
}

/// Keeps what it is given: recipient and text.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    mails: Arc<Mutex<Vec<(String, String)>>>,
}

impl Kept {
    pub(crate) fn mails(&self) -> Vec<(String, String)> {
        self.mails.lock().unwrap().clone()
    }
}

impl Delivery for Kept {
    fn deliver(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let mail = (mail.to().to_string(), mail.text().to_owned());
        self.mails.lock().unwrap().push(mail);
        Ok(())
    }
}

pub(crate) const RESET: Purpose = Purpose::Reset;
