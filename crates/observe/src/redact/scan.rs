//! The one pass over a text.

use std::borrow::Cow;

use super::names::Names;
use super::{Emails, REDACTED, bank, multipart, pair, sql, token, url};

/// A text that is looked through from left to right.
pub(super) struct Scan<'t> {
    text: &'t str,
    out: Option<String>,
    /// Up to here the text is in `out`.
    copied: usize,
}

impl Scan<'_> {
    /// Looks through a part of the text.
    fn part(&mut self, from: usize, end: usize, names: &Names, emails: Emails) {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let mut place = from;
        while place < end {
            let byte = at(bytes, place);
            let (secret, next) = match byte {
                b'0'..=b'9' => {
                    (bank::card(bytes, place), run(bytes, place, |byte| byte.is_ascii_digit()))
                }
                b'@' | b'%' => (email(text, place, self.copied, emails), place.saturating_add(1)),
                b'-' if token::is_pem(bytes, place) => (Some(token::pem(text, place)), place),
                _ if is_word(byte) => {
                    let end = run(bytes, place, is_word);
                    (word(text, place, end, names), end)
                }
                _ => (None, place.saturating_add(1)),
            };
            // The values behind the names of columns are the row's, which says where they end.
            let secret = secret.filter(|(from, to, _)| *to <= end || from.saturating_add(1) < end);
            place = match secret {
                Some((from, to, by)) => {
                    // What stands between a word and the row or the part that it tells of may be
                    // another secret.
                    let apart = from > next.saturating_add(BESIDE) || at(bytes, next) == b' ';
                    if from > next && apart {
                        self.part(next, from, names, emails);
                    }
                    if to > self.copied {
                        self.replace(from, to, &by);
                    }
                    to.max(place.saturating_add(1))
                }
                None => next,
            };
        }
    }

    /// Replaces a part that begins no earlier than the one before it ended.
    fn replace(&mut self, from: usize, to: usize, by: &str) {
        let from = self.text.floor_char_boundary(from.max(self.copied));
        let to = self.text.ceil_char_boundary(to.max(from));
        let out = self.out.get_or_insert_with(|| String::with_capacity(self.text.len()));
        out.push_str(self.text.get(self.copied..from).unwrap_or_default());
        out.push_str(by);
        self.copied = to;
    }
}

/// Bytes between a name and the value that stands beside it, at most.
const BESIDE: usize = 16;

/// Returns the byte at a place; 0 behind the end.
pub(super) fn at(bytes: &[u8], place: usize) -> u8 {
    bytes.get(place).copied().unwrap_or(0)
}

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Returns the first place from `from` on whose byte is not as described.
pub(super) fn run(bytes: &[u8], from: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len());
    from.saturating_add(length)
}

/// A part of the text that is a secret: from, to, and what stands in its place.
pub(super) type Found = (usize, usize, Cow<'static, str>);

pub(super) const fn found(from: usize, to: usize) -> Found {
    (from, to, Cow::Borrowed(REDACTED))
}

pub(super) fn scan<'t>(text: &'t str, names: &Names, emails: Emails) -> Cow<'t, str> {
    let mut scan = Scan { text, out: None, copied: 0 };
    scan.part(0, text.len(), names, emails);
    let Some(mut out) = scan.out else { return Cow::Borrowed(text) };
    out.push_str(text.get(scan.copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Looks at a word and what follows it.
fn word(text: &str, from: usize, to: usize, names: &Names) -> Option<Found> {
    let bytes = text.as_bytes();
    let word = text.get(from..to)?;
    if at(bytes, to) == b':'
        && let Some(found) = url::password(bytes, from, to)
    {
        return Some(found);
    }
    multipart::value(text, word, to, names)
        .or_else(|| pair::value(text, from, to, names))
        .or_else(|| token::credentials(bytes, word, to))
        .or_else(|| token::known(word, from, to))
        .or_else(|| bank::iban(bytes, from))
        .or_else(|| sql::row(text, word, to, names))
}

/// Finds an e-mail address around its sign, which may be written `%40`.
fn email(text: &str, place: usize, copied: usize, emails: Emails) -> Option<Found> {
    const LOCAL: usize = 64;
    let bytes = text.as_bytes();
    let sign = match bytes.get(place..)? {
        [b'@', ..] => "@",
        [b'%', b'4', b'0', ..] => "%40",
        _ => return None,
    };
    if emails == Emails::Shown {
        return None;
    }
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let before = bytes.get(copied..place)?;
    let local = before.iter().rev().take(LOCAL).take_while(|byte| is_local(**byte)).count();
    let begin = place.saturating_sub(local);
    let domain = place.saturating_add(sign.len());
    let end =
        run(bytes, domain, |byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    let dotted = text.get(domain..end)?.trim_end_matches('.').contains('.');
    if local == 0 || !dotted {
        return None;
    }
    let first = text.get(begin..)?.chars().next()?;
    match emails {
        Emails::Masked => Some((begin, domain, Cow::Owned(format!("{first}***{sign}")))),
        _ => Some((begin, end, Cow::Borrowed("[e-mail]"))),
    }
}
