//! Mails by SMTP.

use std::fmt;
use std::time::Duration;

use http::Uri;
use lettre::address::Envelope;
use lettre::{SmtpTransport, Transport};

use crate::reset::mail::address::Address;
use crate::reset::mail::message::Mail;
use crate::reset::mail::{Delivery, DeliveryError};

/// Hands mails to an SMTP server, each over a connection of its own.
///
/// TLS is rustls with the roots of Mozilla. Buffers inside the SMTP and TLS libraries are not ours
/// to wipe.
#[derive(Clone)]
pub struct SmtpDelivery {
    transport: SmtpTransport,
}

/// A URL that no mail is sent to; it is not repeated, since it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpUrlError {
    /// The link and the password of the mail account would travel readable.
    #[error(
        "the connection would not be encrypted: write smtps://host or smtp://host?tls=required (plain smtp:// is for this machine itself)"
    )]
    Plain,
    /// It has another form.
    #[error("write smtps://user:password@host:port, or smtp://host:port?tls=required")]
    Url,
}

impl SmtpDelivery {
    /// How long each step of a conversation may take.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// Reads `smtps://user:password@host:port` (TLS from the start, port 465 by default) or
    /// `smtp://...?tls=required` (STARTTLS, port 587). `smtp://` without TLS is taken for this
    /// machine itself: localhost and the addresses of the loopback.
    ///
    /// # Errors
    ///
    /// [`SmtpUrlError`], with what to write instead.
    pub fn from_url(url: &str) -> Result<Self, SmtpUrlError> {
        let encrypted = encrypted(url)?;
        if !encrypted && !is_this_machine(url) {
            return Err(SmtpUrlError::Plain);
        }
        Self::insecure_from_url(url)
    }

    /// [`from_url`](Self::from_url) that takes `smtp://` without TLS to any host, where a network
    /// that nobody else is on replaces TLS.
    ///
    /// # Errors
    ///
    /// [`SmtpUrlError::Url`].
    pub fn insecure_from_url(url: &str) -> Result<Self, SmtpUrlError> {
        encrypted(url)?;
        let builder = SmtpTransport::from_url(url).map_err(|_| SmtpUrlError::Url)?;
        Ok(Self { transport: builder.timeout(Some(Self::TIMEOUT)).build() })
    }
}

/// Whether the connection will be encrypted; opportunistic TLS is what an attacker on the way
/// turns off, and counts as none.
fn encrypted(url: &str) -> Result<bool, SmtpUrlError> {
    if url.contains(|c: char| c.is_control() || c == ' ') {
        return Err(SmtpUrlError::Url);
    }
    let (rest, query) = url.split_once('?').unwrap_or((url, ""));
    match (rest.split_once("://").map(|(scheme, _)| scheme), query) {
        (Some("smtps"), "") | (Some("smtp"), "tls=required") => Ok(true),
        (Some("smtp"), "" | "tls=opportunistic") => Ok(false),
        _ => Err(SmtpUrlError::Url),
    }
}

fn is_this_machine(url: &str) -> bool {
    let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| super::origin::is_loopback(&host))
}

impl Delivery for SmtpDelivery {
    fn deliver(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let from = address(mail.from().address())?;
        let to = address(mail.to())?;
        let envelope = Envelope::new(Some(from), vec![to]).map_err(DeliveryError::never)?;
        let mime = mail.to_mime();
        // The client ends the last line itself.
        let lines = mime.strip_suffix(b"\r\n").unwrap_or(&mime);
        match self.transport.send_raw(&envelope, lines) {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(DeliveryError::never(error)),
            Err(error) => Err(DeliveryError::later(error)),
        }
    }
}

fn address(address: &Address) -> Result<lettre::Address, DeliveryError> {
    lettre::Address::new(address.local(), address.domain()).map_err(DeliveryError::never)
}

impl fmt::Debug for SmtpDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpDelivery").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_do_not_travel_readable() {
        let table = [
            ("smtps://user:secret@mail.example.org", Ok(())),
            ("smtp://user:secret@mail.example.org:587?tls=required", Ok(())),
            ("smtp://127.0.0.1:2525", Ok(())),
            ("smtp://localhost", Ok(())),
            ("smtp://[::1]:2525", Ok(())),
            ("smtp://mail.example.org", Err(SmtpUrlError::Plain)),
            ("smtp://user:secret@localhost.example.org", Err(SmtpUrlError::Plain)),
            ("smtp://127.0.0.1@mail.example.org", Err(SmtpUrlError::Plain)),
            ("smtp://mail.example.org?tls=opportunistic", Err(SmtpUrlError::Plain)),
            ("smtp://mail.example.org?tls=none", Err(SmtpUrlError::Url)),
            ("smtps://mail.example.org?tls=none", Err(SmtpUrlError::Url)),
            ("http://mail.example.org", Err(SmtpUrlError::Url)),
            ("mail.example.org", Err(SmtpUrlError::Url)),
            ("", Err(SmtpUrlError::Url)),
        ];
        for (url, expected) in table {
            assert_eq!(SmtpDelivery::from_url(url).map(drop), expected, "{url}");
        }
        assert!(SmtpDelivery::insecure_from_url("smtp://mail.example.org").is_ok());
    }

    #[test]
    fn an_error_does_not_repeat_the_password() {
        let error = SmtpDelivery::from_url("smtp://user:secret@mail.example.org").unwrap_err();
        assert!(!format!("{error:?}{error}").contains("secret"));
    }
}
