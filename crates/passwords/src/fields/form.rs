//! Forms of pages, decoded where they lie (URL standard, 5.1).

use std::ops::Range;

use super::{Field, Fields, Syntax, Value};

pub(super) fn parse(bytes: &mut [u8]) -> Result<Vec<Field>, Syntax> {
    let mut fields = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let end = find(bytes, start..bytes.len(), b'&');
        if end > start {
            if fields.len() == Fields::MOST_FIELDS {
                return Err(Syntax::TooMany);
            }
            let equals = find(bytes, start..end, b'=');
            let name = decode(bytes, start..equals)?;
            let value = decode(bytes, equals.saturating_add(1).min(end)..end)?;
            fields.push(Field { name, value: Value::Text(value) });
        }
        start = end.saturating_add(1);
    }
    Ok(fields)
}

/// The place of the byte, or the end.
fn find(bytes: &[u8], within: Range<usize>, byte: u8) -> usize {
    let end = within.end;
    let part = bytes.get(within.clone()).unwrap_or_default();
    part.iter().position(|b| *b == byte).map_or(end, |at| within.start.saturating_add(at))
}

/// What is decoded is never longer than what it was.
fn decode(bytes: &mut [u8], within: Range<usize>) -> Result<Range<usize>, Syntax> {
    let (start, mut from, mut to) = (within.start, within.start, within.start);
    while let Some(byte) = bytes.get(from).copied().filter(|_| from < within.end) {
        let escaped = bytes.get(from..within.end).and_then(escape);
        let (plain, length) = match (byte, escaped) {
            (_, Some(escaped)) => (escaped, 3),
            (b'+', None) => (b' ', 1),
            // A `%` that escapes nothing stands for itself.
            (other, None) => (other, 1),
        };
        if let Some(place) = bytes.get_mut(to) {
            *place = plain;
        }
        (from, to) = (from.saturating_add(length), to.saturating_add(1));
    }
    let decoded = bytes.get(start..to).unwrap_or_default();
    std::str::from_utf8(decoded).map_err(|_| Syntax::NotUtf8)?;
    Ok(start..to)
}

fn escape(rest: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = rest else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(high)? << 4 | digit(low)?)
}
