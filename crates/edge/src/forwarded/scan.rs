//! Finding separators outside quoted strings, from the right.

use super::Malformed;

/// Splits at the last `separator` outside quoted strings; the separator belongs to neither part.
pub(super) fn split_last(text: &[u8], separator: u8) -> Result<(Option<&[u8]>, &[u8]), Malformed> {
    let mut unread = text;
    while let Some((byte, before)) = unread.split_last() {
        if *byte == separator {
            let (_, last) = text.split_at_checked(unread.len()).ok_or(Malformed)?;
            return Ok((Some(before), last));
        }
        unread = if *byte == b'"' { before_quoted(before)? } else { before };
    }
    Ok((None, text))
}

/// Returns what stands before a quoted string, given what stands before its closing quote.
///
/// Within the string a quote is escaped (RFC 9110 5.6.4), that is, behind an odd number of
/// backslashes; the first one from the right that is not escaped opens it.
fn before_quoted(text: &[u8]) -> Result<&[u8], Malformed> {
    if escapes_next(text) {
        return Err(Malformed); // what looked like the closing quote belongs to an open string
    }
    let mut unread = text;
    while let Some((byte, before)) = unread.split_last() {
        if *byte == b'"' && !escapes_next(before) {
            return Ok(before);
        }
        unread = before;
    }
    Err(Malformed)
}

/// Tells whether the text ends in an odd number of backslashes.
fn escapes_next(text: &[u8]) -> bool {
    text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Removes spaces and tabs at both ends (`OWS`, RFC 9110 5.6.3).
#[inline]
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
