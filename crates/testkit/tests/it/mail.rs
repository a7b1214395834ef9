//! The sink is spoken to as a mailer speaks.

use palisade_testkit::mail::{MailFault, SmtpSink};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

struct Mailer(BufReader<TcpStream>);

impl Mailer {
    fn connect(sink: &SmtpSink) -> Self {
        let stream = TcpStream::connect(sink.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut mailer = Self(BufReader::new(stream));
        assert!(mailer.answer().starts_with("220 "));
        mailer
    }

    /// Returns the last line of an answer.
    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    #[track_caller]
    fn say(&mut self, line: &str, code: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let answer = self.answer();
        assert!(answer.starts_with(code), "{line} -> {answer:?}, not {code}");
    }

    fn send(&mut self, text: &str, code: &str) {
        self.say("MAIL FROM:<school@example.org>", "250");
        self.say("RCPT TO:<pupil@example.org>", "250");
        self.say("DATA", "354");
        self.say(&format!("{text}\r\n."), code);
    }
}

#[tokio::test(start_paused = true)]
async fn keeps_mails_with_their_envelope_and_takes_off_the_stuffed_dots() {
    let sink = SmtpSink::start().unwrap();
    let mut mailer = Mailer::connect(&sink);
    mailer.say("EHLO portal.example", "250");
    mailer.say("MAIL FROM:<school@example.org> SIZE=120", "250");
    mailer.say("rcpt to:<one@example.org>", "250");
    mailer.say("RCPT TO:<two@example.org>", "250");
    mailer.say("DATA", "354");
    mailer.say("Subject: Reset\r\n your password\r\n\r\n..\r\n..dotted\r\nplain\r\n.", "250");
    mailer.say("QUIT", "221");
    // The limit is real time, though this runtime's clock stands still.
    let mails = sink.wait_for(1, Duration::from_secs(20)).await.unwrap();
    assert_eq!(mails[0].from, "school@example.org");
    assert_eq!(mails[0].to, ["one@example.org", "two@example.org"]);
    assert_eq!(mails[0].header("subject").as_deref(), Some("Reset your password"));
    assert_eq!(mails[0].body(), ".\r\n.dotted\r\nplain\r\n");
    let error = sink.wait_for(2, Duration::from_millis(50)).await.unwrap_err();
    assert!(
        error.to_string().contains("waited 50ms in vain until 2 mails had come: 1 had"),
        "{error}"
    );
}

#[test]
fn keeps_to_the_order_of_commands() {
    let sink = SmtpSink::start().unwrap();
    let mut mailer = Mailer::connect(&sink);
    mailer.say("HELO portal.example", "250");
    mailer.say("DATA", "503");
    mailer.say("RCPT TO:<a@example.org>", "503");
    mailer.say("MAIL FROM:school@example.org", "501");
    mailer.say("MAIL FROM:<>", "250");
    mailer.say("RCPT TO:<a@example.org>", "250");
    mailer.say("RSET", "250");
    mailer.say("DATA", "503");
    mailer.say("NOOP", "250");
    mailer.say("AUTH PLAIN AAAA", "502");
    mailer.send("Subject: 1\r\n\r\n1", "250");
    mailer.send("Subject: 2\r\n\r\n2", "250");
    assert_eq!(sink.mails().len(), 2);
}

#[test]
fn refuses_what_is_too_large_as_announced_and_as_sent() {
    let sink = SmtpSink::with_max_size(50).unwrap();
    let mut mailer = Mailer::connect(&sink);
    mailer.say("EHLO portal.example", "250");
    mailer.say("MAIL FROM:<a@example.org> SIZE=51", "552");
    mailer.send(&"x".repeat(60), "552");
    mailer.send("x", "250");
    assert_eq!(sink.mails().len(), 1);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the delay is real time")]
fn refuses_delays_and_drops_when_told() {
    let sink = SmtpSink::start().unwrap();
    let mut mailer = Mailer::connect(&sink);
    sink.set(MailFault::RejectRecipients(450));
    mailer.say("MAIL FROM:<a@example.org>", "250");
    mailer.say("RCPT TO:<b@example.org>", "450");
    mailer.say("RSET", "250");
    sink.set(MailFault::RejectMail(554));
    mailer.send("x", "554");
    sink.set(MailFault::Delay(Duration::from_millis(80)));
    let start = Instant::now();
    mailer.say("NOOP", "250");
    assert!(start.elapsed() >= Duration::from_millis(80));
    sink.set(MailFault::Drop);
    mailer.send("x", ""); // the end of the connection is the answer
    assert!(sink.mails().is_empty());
}
