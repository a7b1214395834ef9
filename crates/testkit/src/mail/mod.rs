//! An SMTP server that keeps what it is sent (RFC 5321).

mod session;
mod sink;

pub use sink::{Mail, MailFault, SmtpSink};
