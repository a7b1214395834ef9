//! How a secret may be written in an answer.

use std::fmt::Write;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

type Text = Zeroizing<Vec<u8>>;

/// How page engines write `&`, `<`, `>`, `"`, `'` and `/`.
const HTML: [[&str; 6]; 6] = [
    ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "/"],
    ["&amp;", "&lt;", "&gt;", "&quot;", "&#x27;", "/"],
    // maud
    ["&amp;", "&lt;", "&gt;", "&quot;", "'", "/"],
    // askama
    ["&#38;", "&#60;", "&#62;", "&#34;", "&#39;", "/"],
    // Tera
    ["&amp;", "&lt;", "&gt;", "&quot;", "&#x27;", "&#x2F;"],
    // MiniJinja
    ["&amp;", "&lt;", "&gt;", "&quot;", "&#x27;", "&#x2f;"],
];

/// Every form of the secret that is looked for, each once.
pub(super) fn of(secret: &[u8]) -> Vec<Text> {
    let mut forms = vec![Zeroizing::new(secret.to_vec())];
    let mut add = |form: Text| {
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    if let Ok(text) = std::str::from_utf8(secret) {
        add(each(text, |c, out| json(c, false, out)));
        add(each(text, |c, out| json(c, true, out)));
        for escapes in HTML {
            add(each(text, |c, out| html(c, escapes, out)));
        }
    }
    // What is left as it is: by RFC 3986 2.3, in forms (URL standard 5.2), by `encodeURIComponent`.
    for (plain, space) in [("-._~", "%20"), ("*-._", "+"), ("-_.!~*'()", "%20")] {
        let form = percent(secret, plain, space);
        add(lower_escapes(form.clone()));
        add(form);
    }
    for offset in 0..3 {
        add(base64::<Base64Unpadded>(secret, offset));
        add(base64::<Base64UrlUnpadded>(secret, offset));
    }
    let hex = hex(secret);
    add(Zeroizing::new(hex.to_ascii_uppercase()));
    add(hex);
    forms
}

/// At most twelve bytes for each (`\ud83e\udda9`), so that the buffer never grows.
fn each(text: &str, mut write: impl FnMut(char, &mut String)) -> Text {
    let mut out = String::with_capacity(text.len().saturating_mul(12));
    text.chars().for_each(|c| write(c, &mut out));
    Zeroizing::new(out.into_bytes())
}

/// RFC 8259 7; `ascii` escapes what is beyond.
fn json(c: char, ascii: bool, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c < ' ' || (ascii && !c.is_ascii()) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
        c => out.push(c),
    }
}

fn html(c: char, [and, less, greater, quote, apostrophe, slash]: [&str; 6], out: &mut String) {
    match c {
        '&' => out.push_str(and),
        '<' => out.push_str(less),
        '>' => out.push_str(greater),
        '"' => out.push_str(quote),
        '\'' => out.push_str(apostrophe),
        '/' => out.push_str(slash),
        c => out.push(c),
    }
}

fn percent(secret: &[u8], plain: &str, space: &str) -> Text {
    let mut out = String::with_capacity(secret.len().saturating_mul(3));
    for byte in secret {
        match byte {
            b' ' => out.push_str(space),
            byte if byte.is_ascii_alphanumeric() || plain.as_bytes().contains(byte) => {
                out.push(char::from(*byte));
            }
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    Zeroizing::new(out.into_bytes())
}

/// `%2F` becomes `%2f`; what is no escape stays.
fn lower_escapes(mut text: Text) -> Text {
    let mut left = 0_u8;
    for byte in text.iter_mut() {
        if left > 0 {
            byte.make_ascii_lowercase();
        }
        left = if *byte == b'%' { 2 } else { left.saturating_sub(1) };
    }
    text
}

/// The characters that say nothing but the secret, where it stands behind `offset` other bytes.
fn base64<E: Encoding>(secret: &[u8], offset: usize) -> Text {
    let mut behind = Zeroizing::new(Vec::with_capacity(secret.len().saturating_add(offset)));
    behind.extend(std::iter::repeat_n(0, offset));
    behind.extend_from_slice(secret);
    let encoded = Zeroizing::new(E::encode_string(&behind));
    // Six bits a character: the first and the last may be shared with the bytes beside the secret.
    let first = offset.saturating_mul(8).div_ceil(6);
    let end = behind.len().saturating_mul(8) / 6;
    Zeroizing::new(encoded.as_bytes().get(first..end).unwrap_or_default().to_vec())
}

fn hex(secret: &[u8]) -> Text {
    let mut out = String::with_capacity(secret.len().saturating_mul(2));
    for byte in secret {
        let _ = write!(out, "{byte:02x}");
    }
    Zeroizing::new(out.into_bytes())
}
