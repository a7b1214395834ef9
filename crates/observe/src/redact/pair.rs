//! A telling name and the value behind it.

use super::names::Names;
use super::scan::{Found, at, found, run};
use super::token;

/// Finds the value of `name=value`, `"name": "value"`, `name => [..]`, `(name)=(..)`, `name 'value'`.
pub(super) fn value(text: &str, from: usize, to: usize, names: &Names) -> Option<Found> {
    let bytes = text.as_bytes();
    let begin = behind_separator(bytes, to)?;
    let name = text.get(from..to)?;
    if !names.hides(name) {
        return None;
    }
    let end = if is_header(name) && at(bytes, to) == b':' {
        // Credentials and cookies have blanks in them: the header ends with its line.
        run(bytes, begin, |byte| byte != b'\n' && byte != b'\r')
    } else {
        end(bytes, begin)
    };
    // `token= Bearer abc`: the scheme is not yet the secret.
    let credentials = text.get(begin..end).and_then(|word| token::credentials(bytes, word, end));
    let end = credentials.map_or(end, |(_, to, _)| to);
    // What is quoted stays quoted, so that it can be read by programs.
    let quotes = usize::from(end > begin.saturating_add(1) && is_quote(at(bytes, begin)));
    let closed = quotes == 1 && at(bytes, end.saturating_sub(1)) == at(bytes, begin);
    let to = end.saturating_sub(usize::from(closed));
    Some(found(begin.saturating_add(quotes), to)).filter(|_| end > begin)
}

fn is_header(name: &str) -> bool {
    ["authorization", "cookie"].iter().any(|header| {
        let end = name.len().saturating_sub(header.len());
        name.get(end..).is_some_and(|end| end.eq_ignore_ascii_case(header))
    })
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Returns where a value begins behind a name that ends at `place`.
fn behind_separator(bytes: &[u8], place: usize) -> Option<usize> {
    const BLANKS: usize = 4;
    let skip_blanks = |place: usize| {
        run(bytes, place, |byte| byte == b' ' || byte == b'\t').min(place.saturating_add(BLANKS))
    };
    let closers = run(bytes, place, |byte| is_quote(byte) || matches!(byte, b'\\' | b')' | b']'));
    let closers = closers.min(place.saturating_add(BLANKS));
    let separator = skip_blanks(closers);
    match (at(bytes, separator), at(bytes, separator.saturating_add(1))) {
        (b':' | b'=', b'=' | b'>') => Some(skip_blanks(separator.saturating_add(2))),
        // A name in a path or a type is not followed by its value.
        (b':', b':') => None,
        (b':' | b'=', _) => Some(skip_blanks(separator.saturating_add(1))),
        // As SQL has it: PASSWORD 'secret', SET password TO 'secret'.
        (quote, _) if separator > closers && is_quote(quote) => Some(separator),
        (b'T' | b't', b'O' | b'o') if separator > closers => {
            let value = skip_blanks(separator.saturating_add(2));
            is_quote(at(bytes, value)).then_some(value)
        }
        // As a query or a form has it when it is encoded once more.
        (b'%', b'3') if matches!(at(bytes, separator.saturating_add(2)), b'd' | b'D') => {
            Some(separator.saturating_add(3))
        }
        _ => None,
    }
}

/// Returns where a value ends: quotes and brackets are taken with all that is in them.
fn end(bytes: &[u8], begin: usize) -> usize {
    let (mut place, mut depth) = (begin, 0_usize);
    while place < bytes.len() {
        let byte = at(bytes, place);
        match byte {
            b'\\' | b'"' | b'\'' | b'`' => {
                let quote = run(bytes, place, |byte| byte == b'\\');
                if is_quote(at(bytes, quote)) {
                    if depth == 0 && place > begin && quote == place && at(bytes, begin) != b'\\' {
                        // The end of the quotes in which the whole pair stands.
                        return place;
                    }
                    place = behind_quote(bytes, quote, quote.saturating_sub(place));
                    if depth == 0 {
                        return place;
                    }
                } else {
                    place = quote;
                }
                continue;
            }
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return place,
            },
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b';' | b'&' | b'<' | b'>' if depth == 0 => {
                return place;
            }
            _ => {}
        }
        place = place.saturating_add(1);
        if depth == 0 && matches!(byte, b')' | b']' | b'}') {
            return place;
        }
    }
    place
}

/// Returns the place behind the quote that closes the one at `open`, which has so many backslashes
/// before it.
fn behind_quote(bytes: &[u8], open: usize, backslashes: usize) -> usize {
    let quote = at(bytes, open);
    let (mut place, mut before) = (open.saturating_add(1), 0_usize);
    while place < bytes.len() {
        let byte = at(bytes, place);
        place = place.saturating_add(1);
        if byte == quote && before <= backslashes {
            return place;
        }
        before = if byte == b'\\' { before.saturating_add(1) } else { 0 };
    }
    place
}
