//! One mail.

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::reset::mail::address::Address;
use crate::reset::mail::mime;
use crate::reset::mail::template::TemplateError;

/// A name and an address, for the `From` of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: Box<str>,
    address: Address,
}

impl Mailbox {
    /// Joins a name, which may be empty, and an address.
    ///
    /// # Errors
    ///
    /// [`TemplateError::Control`] or [`TemplateError::Long`], above 100 bytes.
    pub fn new(name: &str, address: Address) -> Result<Self, TemplateError> {
        if name.len() > 100 {
            return Err(TemplateError::Long);
        }
        if name.contains(char::is_control) {
            return Err(TemplateError::Control);
        }
        Ok(Self { name: name.into(), address })
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }
}

/// A mail with its link, ready to go; wiped when dropped.
///
/// Whoever has it has the link: it goes to a [`Delivery`](crate::reset::Delivery) and nowhere else.
pub struct Mail {
    from: Mailbox,
    to: Address,
    subject: Box<str>,
    text: Zeroizing<String>,
    date: SystemTime,
    id: [u8; 16],
}

impl Mail {
    pub(super) fn new(
        from: Mailbox,
        to: Address,
        subject: &str,
        text: Zeroizing<String>,
        date: SystemTime,
        id: [u8; 16],
    ) -> Self {
        Self { from, to, subject: subject.into(), text, date, id }
    }

    /// Returns who sends it.
    #[must_use]
    pub const fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Returns whom it is for.
    #[must_use]
    pub const fn to(&self) -> &Address {
        &self.to
    }

    /// Returns the subject.
    #[must_use]
    pub const fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the text, lines ended by CR LF. It holds the link.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns when it was written.
    #[must_use]
    pub const fn date(&self) -> SystemTime {
        self.date
    }

    /// Returns random bytes that name this mail and no other, in hexadecimal.
    #[must_use]
    pub fn id(&self) -> String {
        mime::hex(&self.id)
    }

    /// Returns headers and body as SMTP and `.eml` files carry them (RFC 5322): ASCII, lines of at
    /// most 998 bytes ended by CR LF.
    #[must_use]
    pub fn to_mime(&self) -> Zeroizing<Vec<u8>> {
        mime::write(self)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id()).finish_non_exhaustive()
    }
}
