//! The letter that carries a link.
//!
//! Nothing in it comes from a request: the address is the stored one, the words are the
//! application's, the link is made of a configured origin and a token.

mod address;
mod file;
mod letters;
mod message;
mod mime;
mod origin;
#[cfg(feature = "lettre")]
mod smtp;
mod template;

use std::error::Error;

pub use address::{Address, AddressError};
pub use file::FileDelivery;
pub use letters::Letters;
pub use message::{Mail, Mailbox};
pub use origin::{Origin, OriginError};
#[cfg(feature = "lettre")]
pub use smtp::{SmtpDelivery, SmtpUrlError};
pub use template::{Notice, Template, TemplateError};

/// Takes mails away, on a thread of the [`Outbox`](crate::reset::Outbox), which may wait.
pub trait Delivery: Send + Sync + 'static {
    /// Delivers one mail, or hands it to somebody who will.
    ///
    /// # Errors
    ///
    /// [`DeliveryError`], which says whether another try makes sense. It must not hold the text of
    /// the mail: it is logged.
    fn deliver(&self, mail: &Mail) -> Result<(), DeliveryError>;
}

/// A mail was not delivered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// Another try may succeed.
    #[error("the mail was not delivered for now")]
    Later(#[source] Box<dyn Error + Send + Sync>),
    /// No other try will succeed.
    #[error("the mail was refused")]
    Never(#[source] Box<dyn Error + Send + Sync>),
}

impl DeliveryError {
    /// Wraps a reason that may pass.
    pub fn later(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Later(source.into())
    }

    /// Wraps a reason that stays.
    pub fn never(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Never(source.into())
    }
}
