//! What the mails say.

use std::sync::Arc;

use http::Uri;
use palisade_core::Clock;
use palisade_passwords::reset::{Address, Letters, Mailbox, Notice, Origin, Template};

use super::Failure;

/// Path of the pages for links, up to the token.
pub(crate) const PATH: &str = "/reset/";

const LINK: &str = "\
Somebody, probably you, asked for a new password for your account at the exam portal.

Within an hour, choose it here:

{link}

The link works once. If you did not ask for it, you need not do anything: your
password stays as it is.
";

const CHANGED: &str = "\
A new password was set for your account at the exam portal. Everybody else who was signed in to
the account was signed out.

If this was not you, ask for a new link at once and tell your school.
";

/// The mails of the portal.
#[derive(Clone, Debug)]
pub(super) struct Mails {
    pub(super) link: Template,
    pub(super) changed: Notice,
}

/// Makes them, and what writes them, for links of that origin.
pub(super) fn of(origin: &str, clock: Arc<dyn Clock>) -> Result<(Letters, Mails), Failure> {
    let mails = Mails {
        link: Template::new("Your new password for the exam portal", LINK)?,
        changed: Notice::new("Your password for the exam portal was changed", CHANGED)?,
    };
    // The operator wrote the public url: whether http will do is decided where it is checked.
    let links = Origin::insecure_http(origin, PATH)?;
    let sender = Mailbox::new("Exam portal", sender(origin)?)?;
    Ok((Letters::new(sender, links).with_clock(clock), mails))
}

/// The host of the portal sends; an address in brackets is none in a mail.
fn sender(origin: &str) -> Result<Address, Failure> {
    let uri: Uri = origin.parse()?;
    let host = uri.host().filter(|host| !host.starts_with('[')).unwrap_or("localhost");
    Ok(Address::parse(&format!("exam-portal@{host}"))?)
}

#[cfg(test)]
mod tests {
    use palisade_core::SystemClock;

    use super::*;

    #[test]
    fn the_host_of_the_portal_sends() {
        let table = [
            ("https://exams.example.org", "exam-portal@exams.example.org"),
            ("http://127.0.0.1:8080", "exam-portal@127.0.0.1"),
            ("http://[::1]:8080", "exam-portal@localhost"),
        ];
        for (origin, expected) in table {
            assert_eq!(sender(origin).unwrap().as_str(), expected);
            assert!(of(origin, Arc::new(SystemClock::new())).is_ok());
        }
    }
}
