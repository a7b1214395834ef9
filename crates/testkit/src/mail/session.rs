//! One client's conversation.

use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::mail::sink::{Mail, MailFault, Shared};

/// RFC 5321 4.5.3.1 allows 512 to a command and 1000 to a line of text; some clients send more.
const MAX_LINE: usize = 8192;

pub(super) struct Session {
    stream: BufReader<TcpStream>,
    shared: Arc<Shared>,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    pub(super) fn new(stream: TcpStream, shared: Arc<Shared>) -> Self {
        Self { stream: BufReader::new(stream), shared, from: None, to: Vec::new() }
    }

    pub(super) async fn run(mut self) -> io::Result<()> {
        self.say("220 localhost ready").await?;
        loop {
            let line = self.line().await?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => {
                    self.reset();
                    format!("250-localhost\r\n250-8BITMIME\r\n250 SIZE {}", self.shared.max_size)
                }
                "HELO" | "RSET" => {
                    self.reset();
                    "250 ok".to_owned()
                }
                "NOOP" => "250 ok".to_owned(),
                "MAIL" => self.mail(&line),
                "RCPT" => self.recipient(&line),
                "DATA" if self.to.is_empty() => "503 MAIL and RCPT first".to_owned(),
                "DATA" => {
                    self.say("354 end with a dot").await?;
                    match self.data().await? {
                        Some(answer) => answer,
                        None => return Ok(()),
                    }
                }
                "QUIT" => return self.say("221 bye").await,
                _ => "502 unknown command".to_owned(),
            };
            self.say(&answer).await?;
        }
    }

    fn mail(&mut self, line: &str) -> String {
        let announced = line.split_whitespace().find_map(|word| {
            let (name, size) = word.split_once('=')?;
            name.eq_ignore_ascii_case("SIZE").then(|| size.parse::<usize>().ok())?
        });
        if announced.is_some_and(|size| size > self.shared.max_size) {
            return "552 too large".to_owned();
        }
        match path(line, "FROM:") {
            _ if self.from.is_some() => "503 one MAIL at a time".to_owned(),
            Some(from) => {
                self.from = Some(from);
                "250 ok".to_owned()
            }
            None => "501 MAIL FROM:<address>".to_owned(),
        }
    }

    fn recipient(&mut self, line: &str) -> String {
        match (path(line, "TO:"), self.fault()) {
            _ if self.from.is_none() => "503 MAIL first".to_owned(),
            (_, MailFault::RejectRecipients(code)) => format!("{code} not here"),
            (Some(to), _) if !to.is_empty() => {
                self.to.push(to);
                "250 ok".to_owned()
            }
            _ => "501 RCPT TO:<address>".to_owned(),
        }
    }

    /// Reads a mail to its last line; returns the answer, or nothing when it is to be dropped.
    async fn data(&mut self) -> io::Result<Option<String>> {
        let mut data = Vec::new();
        let mut too_large = false;
        loop {
            let line = self.line().await?;
            if line == b".\r\n" {
                break;
            }
            // RFC 5321 4.5.2: the client put a dot before a line that begins with one.
            let line = line.strip_prefix(b".").unwrap_or(&line);
            too_large |= data.len().saturating_add(line.len()) > self.shared.max_size;
            if !too_large {
                data.extend_from_slice(line);
            }
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        Ok(match self.fault() {
            MailFault::Drop => None,
            MailFault::RejectMail(code) => Some(format!("{code} not taken")),
            _ if too_large => Some("552 too large".to_owned()),
            _ => {
                self.shared.inbox.push(Mail { from, to, data });
                Some("250 kept".to_owned())
            }
        })
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        (&mut self.stream).take(limit).read_until(b'\n', &mut line).await?;
        if line.ends_with(b"\n") { Ok(line) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    async fn say(&mut self, answer: &str) -> io::Result<()> {
        let delay = match self.fault() {
            MailFault::Delay(time) => time,
            _ => Duration::ZERO,
        };
        tokio::time::sleep(delay).await;
        self.stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn fault(&self) -> MailFault {
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what stands between `<` and `>` after the keyword.
fn path(line: &str, keyword: &str) -> Option<String> {
    let (_, argument) = line.split_once(' ')?;
    let (found, rest) = argument.trim_start().split_at_checked(keyword.len())?;
    let (path, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    found.eq_ignore_ascii_case(keyword).then(|| path.to_owned())
}
