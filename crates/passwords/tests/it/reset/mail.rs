//! The mail that carries a link.

use std::fs;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use palisade_core::ManualClock;
use palisade_passwords::reset::{
    Address, Delivery, DeliveryError, FileDelivery, Letters, Mail, Mailbox, MemoryStore, Notice,
    Origin, Resets, SmtpDelivery, Template,
};
use palisade_passwords::{Random, RandomError};
use palisade_testkit::mail::{MailFault, SmtpSink};

use super::{RESET, letters, link_in, template, token_in};

struct Counting;

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        (0..).zip(bytes).for_each(|(number, byte)| *byte = number);
        Ok(())
    }
}

fn ada() -> Address {
    Address::parse("ada@example.org").unwrap()
}

async fn mail(letters: &Letters, template: &Template) -> Mail {
    let resets = Resets::new(MemoryStore::new()).with_random(Counting);
    letters.link(&ada(), template, resets.issue(RESET, "7").await.unwrap()).unwrap()
}

fn fixed(name: &str) -> Letters {
    let sender = Mailbox::new(name, Address::parse("portal@exams.example.org").unwrap()).unwrap();
    let origin = Origin::new("https://exams.example.org", "/reset/").unwrap();
    let clock = ManualClock::starting_at(Duration::from_secs(784_111_777));
    Letters::new(sender, origin).with_random(Counting).with_clock(clock)
}

#[tokio::test]
async fn a_mail_in_ascii_is_readable_as_it_is() {
    let mail = mail(&fixed("Exam Portal"), &template()).await;
    let token = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v";
    let expected = [
        "From: \"Exam Portal\"",
        " <portal@exams.example.org>",
        "To: <ada@example.org>",
        "Subject: Your new password",
        "Date: Sun, 06 Nov 1994 08:49:37 +0000",
        "Message-ID: <000102030405060708090a0b0c0d0e0f@exams.example.org>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "",
        "Choose it here:",
        "",
        &format!("https://exams.example.org/reset/{token}"),
        "",
        "If this was not you:",
        "bye",
        "",
    ];
    assert_eq!(String::from_utf8(mail.to_mime().to_vec()).unwrap(), expected.join("\r\n"));
    assert_eq!(format!("{mail:?}"), "Mail { id: \"000102030405060708090a0b0c0d0e0f\", .. }");
}

#[tokio::test]
async fn a_mail_in_other_scripts_is_encoded_and_folded() {
    let template = Template::new(
        "Neues Kennwort f\u{fc}r das Pr\u{fc}fungsportal der Stadt M\u{fc}nchen am Marienplatz",
        "Gr\u{fc}\u{df} Gott\n{link}\nbis sp\u{e4}ter",
    )
    .unwrap();
    let mail = mail(&fixed("Pr\u{fc}fungsamt"), &template).await;
    let text = String::from_utf8(mail.to_mime().to_vec()).unwrap();
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 76), "{text}");
    assert!(text.contains("From: =?utf-8?B?UHLDvGZ1bmdzYW10?=\r\n <portal@"));
    assert!(text.contains("Content-Transfer-Encoding: base64\r\n\r\n"));
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let body = Base64::decode_vec(&body.replace("\r\n", "")).unwrap();
    assert_eq!(body, mail.text().as_bytes());
}

#[tokio::test]
async fn a_file_holds_a_whole_mail_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    let delivery = FileDelivery::new(&outbox).unwrap();
    let mail = mail(&letters(), &template()).await;
    delivery.deliver(&mail).unwrap();
    let files: Vec<_> = fs::read_dir(&outbox).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].extension().unwrap(), "eml");
    assert_eq!(fs::read(&files[0]).unwrap(), **mail.to_mime());
    let token = link_in(mail.text()).rsplit('/').next().unwrap();
    assert!(!files[0].to_string_lossy().contains(token), "a name is not secret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&outbox), mode(&files[0])), (0o700, 0o600));
    }
    // The same mail again is not written over the first.
    fs::write(outbox.join("keep"), "").unwrap();
    for number in fs::read_dir(&outbox).unwrap().count()..1000 {
        fs::write(outbox.join(number.to_string()), "").unwrap();
    }
    let full = delivery.deliver(&mail).unwrap_err();
    assert!(matches!(full, DeliveryError::Later(_)), "{full:?}");
    assert_eq!(fs::read_dir(&outbox).unwrap().count(), 1000);
}

#[tokio::test]
async fn smtp_carries_the_mail_and_tells_later_from_never() {
    let sink = SmtpSink::start().unwrap();
    let delivery = SmtpDelivery::from_url(&sink.url()).unwrap();
    let mail = mail(&letters(), &template()).await;
    // On a thread of its own, as in the outbox.
    let deliver = |delivery: &SmtpDelivery| {
        let delivery = delivery.clone();
        std::thread::scope(|scope| scope.spawn(|| delivery.deliver(&mail)).join().unwrap())
    };
    deliver(&delivery).unwrap();
    let mails = sink.wait_for(1, Duration::from_secs(10)).await.unwrap();
    assert_eq!(mails[0].from, "portal@exams.example.org");
    assert_eq!(mails[0].to, ["ada@example.org"]);
    assert_eq!(mails[0].data, **mail.to_mime());
    let _ = token_in(&mails[0].body());

    let table = [
        (MailFault::RejectMail(451), true),
        (MailFault::RejectRecipients(450), true),
        (MailFault::Drop, true),
        (MailFault::RejectMail(554), false),
        (MailFault::RejectRecipients(550), false),
    ];
    for (fault, later) in table {
        sink.set(fault);
        let error = deliver(&delivery).unwrap_err();
        assert_eq!(matches!(error, DeliveryError::Later(_)), later, "{fault:?}: {error:?}");
        let token = link_in(mail.text()).rsplit('/').next().unwrap();
        assert!(!format!("{error:?}").contains(token), "{error:?}");
    }
    assert_eq!(sink.mails().len(), 1);
    drop(sink);
    assert!(matches!(deliver(&delivery).unwrap_err(), DeliveryError::Later(_)), "no server");
}

#[test]
fn a_notice_has_no_link() {
    let notice = Notice::new("Your password was changed", "If it was not you, call us.").unwrap();
    let mail = letters().notice(&ada(), &notice).unwrap();
    assert_eq!(mail.text(), "If it was not you, call us.\r\n");
}
