//! A mail as bytes (RFC 5322, RFC 2045, RFC 2047).

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

use crate::reset::mail::message::Mail;

/// Writes headers and body.
///
/// Every value is of a type that holds no line end, or is encoded here; the body is the text
/// itself where it is ASCII, else base64.
pub(super) fn write(mail: &Mail) -> Zeroizing<Vec<u8>> {
    let (from, to) = (mail.from(), mail.to());
    let sender = match from.name() {
        "" => format!("<{}>", from.address()),
        name => format!("{}\r\n <{}>", phrase(name), from.address()),
    };
    let plain = mail.text().is_ascii();
    let date = httpdate::fmt_http_date(mail.date()).replace("GMT", "+0000");
    let headers = format!(
        "From: {sender}\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{id}@{domain}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n",
        subject = unstructured(mail.subject()),
        id = mail.id(),
        domain = from.address().domain(),
        encoding = if plain { "7bit" } else { "base64" },
    );
    let text = mail.text().as_bytes();
    // Base64 makes 78 bytes of 57 at most, and one line more; so nothing is copied by growing.
    let room = text.len().saturating_mul(2).saturating_add(100);
    let mut bytes = Zeroizing::new(Vec::with_capacity(headers.len().saturating_add(room)));
    bytes.extend_from_slice(headers.as_bytes());
    if plain {
        bytes.extend_from_slice(text);
    } else {
        for line in text.chunks(57) {
            let mut buffer = Zeroizing::new([0; 76]);
            let encoded = Base64::encode(line, &mut *buffer).unwrap_or_default();
            bytes.extend_from_slice(encoded.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes
}

/// The value of an unstructured header: itself where that is safe and short, else encoded words.
fn unstructured(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { encoded_words(text) }
}

/// A display name (RFC 5322 3.2.5).
fn phrase(text: &str) -> String {
    if is_plain(text) && !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else {
        encoded_words(text)
    }
}

fn is_plain(text: &str) -> bool {
    let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let trimmed = !text.starts_with(' ') && !text.ends_with(' ');
    printable && trimmed && text.len() <= 60 && !text.contains("=?")
}

/// Encoded words in lines of at most 76 characters, split between characters (RFC 2047 2, 5).
fn encoded_words(text: &str) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len().saturating_add(c.len_utf8()) > 39 {
            words.push(encoded_word(&word));
            word.clear();
        }
        word.push(c);
    }
    words.push(encoded_word(&word));
    words.join("\r\n ")
}

fn encoded_word(text: &str) -> String {
    format!("=?utf-8?B?{}?=", Base64::encode_string(text.as_bytes()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
