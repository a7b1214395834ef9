//! Text between tags and in attributes.

use super::page::Page;
use crate::issue::Breach;
use crate::text::judge;

/// Writes a text so that a parser of HTML reads just this text, between tags and, where it has no
/// quotation mark, in attributes: characters that no text needs, which references like `&#8238;` can spell, become
/// U+FFFD.
pub(super) fn escape(text: &str, page: &mut Page) -> Result<(), Breach> {
    if text.bytes().all(is_plain) {
        return page.write(text);
    }
    let mut written = 0;
    for (at, character) in text.char_indices() {
        if let Some(instead) = replacement(character) {
            page.write(text.get(written..at).unwrap_or_default())?;
            page.write(instead)?;
            written = at.saturating_add(character.len_utf8());
        }
    }
    page.write(text.get(written..).unwrap_or_default())
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>')
}

const fn replacement(character: char) -> Option<&'static str> {
    match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\u{a0}' => Some("&nbsp;"),
        '\r' => Some(""),
        other if judge(other).is_err() => Some("\u{fffd}"),
        _ => None,
    }
}
