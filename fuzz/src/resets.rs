//! The tokens that come back from links, and the mails that carry them.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use palisade_passwords::reset::{
    Address, Gone, Letters, Mail, Mailbox, MemoryStore, Notice, Origin, Purpose, ResetToken,
    Resets, Template,
};

/// A text is a token in one spelling or none, and no token opens a store that issued none.
///
/// # Panics
///
/// When one does, or reads as a token without having its form.
pub fn passwords_reset_token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let fits = text.len() == ResetToken::CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let token = ResetToken::parse(text);
    assert_eq!(token.is_ok(), fits, "the form decides");
    let Ok(token) = token else { return };
    let resets = Resets::new(MemoryStore::new());
    let mut look = pin!(resets.look(Purpose::Reset, &token));
    match look.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => assert_eq!(error.gone(), Some(Gone::Unknown), "never issued"),
        Poll::Ready(Ok(_)) => panic!("a token that was never issued is good"),
        Poll::Pending => panic!("memory waits for nobody"),
    }
}

/// Whatever a mail is made of, it is refused or its bytes read back as that mail and no more.
///
/// Lines: sender's name, sender, recipient, origin, path, subject; the rest is the text.
///
/// # Panics
///
/// When a header is added or split, a line is too long, or the text is another.
pub fn passwords_reset_mail(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.splitn(7, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (name, sender, recipient) = (part(), part(), part());
    let (origin, path, subject, text) = (part(), part(), part(), part());
    let origin = Origin::insecure_http(origin, path);
    if let Ok(origin) = &origin {
        let written = origin.to_string();
        assert!(written.is_ascii() && !written.contains(|c: char| c.is_control() || c == ' '));
        assert!(written.ends_with(path) && written.starts_with("http"), "{written:?}");
    }
    let (Ok(sender), Ok(recipient)) = (Address::parse(sender), Address::parse(recipient)) else {
        return;
    };
    let (Ok(from), Ok(origin)) = (Mailbox::new(name, sender), origin) else { return };
    let letters = Letters::new(from, origin);
    if let Ok(template) = Template::new(subject, text) {
        let token = ResetToken::parse(&"A".repeat(64)).expect("a token");
        check_mail(&letters.link(&recipient, &template, token).expect("random bytes"));
    }
    if let Ok(notice) = Notice::new(subject, text) {
        check_mail(&letters.notice(&recipient, &notice).expect("random bytes"));
    }
}

const HEADERS: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

fn check_mail(mail: &Mail) {
    let mime = String::from_utf8(mail.to_mime().to_vec()).expect("ASCII");
    assert!(mime.is_ascii(), "ASCII");
    assert!(!mime.replace("\r\n", "").contains(['\r', '\n', '\0']), "lines end by CR LF alone");
    assert!(mime.split("\r\n").all(|line| line.len() <= 998), "RFC 5322 2.1.1");
    let (head, body) = mime.split_once("\r\n\r\n").expect("a head and a body");
    let unfolded = head.replace("\r\n ", " ");
    let headers: Vec<_> = unfolded.split("\r\n").filter_map(|line| line.split_once(": ")).collect();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, HEADERS, "no header more");
    let value = |name| headers.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
    assert_eq!(value("To"), Some(&*format!("<{}>", mail.to())), "one recipient");
    assert_eq!(decoded(value("Subject").expect("a subject")), mail.subject(), "the subject");
    let text = match value("Content-Transfer-Encoding") {
        Some("7bit") => body.to_owned(),
        _ => from_base64(&body.replace("\r\n", "")),
    };
    assert_eq!(text, mail.text(), "the text");
}

/// RFC 2047, as far as it is written here.
fn decoded(value: &str) -> String {
    if !value.starts_with("=?utf-8?B?") {
        return value.to_owned();
    }
    let words = value.split(' ').filter_map(|word| {
        assert!(word.len() <= 75, "RFC 2047 2");
        word.strip_prefix("=?utf-8?B?")?.strip_suffix("?=")
    });
    words.map(from_base64).collect()
}

fn from_base64(text: &str) -> String {
    let value = |byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("not base64: {byte}"),
    };
    let mut bytes = Vec::new();
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, byte| bits << 6 | u32::from(value(*byte)));
        let bits = bits << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    String::from_utf8(bytes).expect("whole characters")
}
