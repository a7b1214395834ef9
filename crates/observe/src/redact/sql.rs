//! Rows and values in errors of databases.

use super::names::Names;
use super::scan::{Found, found, run};

/// What PostgreSQL and `MySQL` say before values of a row.
const BEFORE: &[(&str, &str, u8)] = &[
    ("Failing", " row contains (", b')'),
    ("Duplicate", " entry '", b'\''),
    ("invalid", " input syntax for type ", b'"'),
    ("invalid", " input value for enum ", b'"'),
];

/// The most bytes between such a word and its values: names of columns, or of a type.
const HEAD: usize = 128;

/// Finds the values of a row that a database refused.
pub(super) fn row(text: &str, word: &str, to: usize, names: &Names) -> Option<Found> {
    let rest = text.get(to..)?;
    let bytes = text.as_bytes();
    if word == "Key" && rest.starts_with(" (") {
        // Key (email, password)=(a, b) already exists.
        let head = rest.get(..rest.floor_char_boundary(HEAD))?;
        let columns = head.find(")=(")?;
        let told = head.get(2..columns)?.split(", ").any(|name| names.hides(name));
        let begin = to.saturating_add(columns).saturating_add(3);
        return told.then(|| found(begin, last(bytes, begin, b')')));
    }
    BEFORE.iter().find_map(|(first, then, close)| {
        if word != *first || !rest.starts_with(then) {
            return None;
        }
        let mut begin = to.saturating_add(then.len());
        if *close == b'"' {
            // The name of the type, then a colon and the value.
            let name = run(bytes, begin, |byte| byte != b'"' && byte != b'\n');
            if name.saturating_sub(begin) > HEAD {
                return None;
            }
            begin = name.saturating_add(1);
        }
        Some(found(begin, last(bytes, begin, *close))).filter(|(from, to, _)| to > from)
    })
}

/// Returns the last place of a byte: what a row holds may hold it too.
fn last(bytes: &[u8], from: usize, close: u8) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let end = rest.iter().rposition(|byte| *byte == close).unwrap_or(rest.len());
    from.saturating_add(end)
}
