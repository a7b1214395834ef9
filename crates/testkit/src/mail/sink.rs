//! The sink and what it holds.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::background::Background;
use crate::error::Error;
use crate::inbox::Inbox;
use crate::mail::session::Session;

/// One mail as it came, dots unstuffed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The envelope's sender; empty for a bounce.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Headers and body, lines ended by CR LF.
    pub data: Vec<u8>,
}

impl Mail {
    /// Returns headers and body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    /// Returns the first header of that name, unfolded, not decoded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// Returns what follows the headers, not decoded.
    #[must_use]
    pub fn body(&self) -> String {
        let text = self.text();
        text.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned())
    }
}

/// What an [`SmtpSink`] does to its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailFault {
    /// Waits that long before every answer.
    Delay(Duration),
    /// Closes the connection after the last line of a mail, unanswered and unkept.
    Drop,
    /// Takes every mail.
    #[default]
    None,
    /// Refuses mails after their last line, with a code such as 451 (again later) or 554.
    RejectMail(u16),
    /// Refuses every recipient with a code such as 450 (again later) or 550.
    RejectRecipients(u16),
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) inbox: Inbox<Mail>,
    pub(super) fault: Mutex<MailFault>,
    pub(super) max_size: usize,
}

/// An SMTP server on 127.0.0.1 without TLS and sign-in, which keeps every mail.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    background: Background,
}

impl SmtpSink {
    /// Starts a sink for mails of up to 10 MiB.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when no port can be listened on.
    pub fn start() -> Result<Self, Error> {
        Self::with_max_size(10 << 20)
    }

    /// Starts a sink that refuses mails of more bytes, as announced and as sent.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when no port can be listened on.
    pub fn with_max_size(max_size: usize) -> Result<Self, Error> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("listen for mail"))?;
        let address = listener.local_addr().map_err(Error::io("listen for mail"))?;
        let background = Background::start()?;
        let listener = background.listener(listener)?;
        let shared = Arc::new(Shared { inbox: Inbox::new(), fault: Mutex::default(), max_size });
        let for_sessions = Arc::clone(&shared);
        background.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let session = Session::new(stream, Arc::clone(&for_sessions));
                drop(tokio::spawn(async move {
                    let _ = session.run().await;
                }));
            }
        });
        Ok(Self { address, shared, background })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL for a mailer.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Switches what clients meet from their next command on.
    pub fn set(&self, fault: MailFault) {
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Returns the mails so far, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.inbox.all()
    }

    /// Waits until there are so many mails and returns all.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`].
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Mail>, Error> {
        self.shared.inbox.wait_for(&self.background, "mails", count, limit).await
    }
}
