//! The value of a part of `multipart/form-data` (RFC 7578) behind a telling name.

use super::names::Names;
use super::scan::{Found, at, found, run};

/// Bytes between the name and the value, at most: what else the part says of itself.
const HEADERS: usize = 512;

/// Finds the value behind `name="password"` and an empty line; also where line ends and quotes are
/// written as escapes.
pub(super) fn value(text: &str, word: &str, to: usize, names: &Names) -> Option<Found> {
    let bytes = text.as_bytes();
    if !word.eq_ignore_ascii_case("name") || at(bytes, to) != b'=' {
        return None;
    }
    let quote = run(bytes, to.saturating_add(1), |byte| byte == b'\\');
    if at(bytes, quote) != b'"' {
        return None;
    }
    let begin = quote.saturating_add(1);
    let end = run(bytes, begin, |byte| !matches!(byte, b'"' | b'\\' | b'\r' | b'\n'));
    if !names.hides(text.get(begin..end)?) {
        return None;
    }
    let mut place = end;
    while place < end.saturating_add(HEADERS) && place < bytes.len() {
        let Some(next) = behind_line(bytes, place) else {
            place = place.saturating_add(1);
            continue;
        };
        if let Some(from) = behind_line(bytes, next) {
            let to = value_end(bytes, from);
            return Some(found(from, to)).filter(|_| to > from);
        }
        place = next;
    }
    None
}

/// Returns where the line ends before the next boundary, or the text does.
fn value_end(bytes: &[u8], from: usize) -> usize {
    let mut place = from;
    while place < bytes.len() {
        match behind_line(bytes, place) {
            Some(next) if at(bytes, next) == b'-' && at(bytes, next.saturating_add(1)) == b'-' => {
                return place;
            }
            Some(next) => place = next,
            None => place = place.saturating_add(1),
        }
    }
    place
}

/// Returns the place behind a line end, written as it is or as `\r\n` or `\n`.
fn behind_line(bytes: &[u8], place: usize) -> Option<usize> {
    let escaped = |place: usize, letter: u8| {
        let behind = run(bytes, place, |byte| byte == b'\\').min(place.saturating_add(4));
        (behind > place && at(bytes, behind) == letter).then(|| behind.saturating_add(1))
    };
    let feed = |place: usize| match at(bytes, place) {
        b'\n' => Some(place.saturating_add(1)),
        _ => escaped(place, b'n'),
    };
    match at(bytes, place) {
        b'\r' => feed(place.saturating_add(1)),
        b'\n' | b'\\' => escaped(place, b'r').and_then(feed).or_else(|| feed(place)),
        _ => None,
    }
}
