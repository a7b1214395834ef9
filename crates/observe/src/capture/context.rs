//! Names and values, redacted and bounded.

use crate::escape::{Escape, push, unescape};
use crate::redact::{REDACTED, Redactor};

/// Bytes of all values together.
const ROOM: usize = 24 * 1024;

/// Names with values as JSON, each name once.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) list: Vec<(&'static str, String)>,
    bytes: usize,
}

impl Values {
    /// Adds a value that is redacted already, unless there is one of that name.
    pub(super) fn add(&mut self, name: &'static str, value: &str) {
        if self.list.iter().any(|(known, _)| *known == name) {
            return;
        }
        let bytes = self.bytes.saturating_add(name.len()).saturating_add(value.len());
        if bytes > ROOM {
            return;
        }
        self.bytes = bytes;
        self.list.push((name, value.to_owned()));
    }

    /// Adds a value of a span, which the log may have written without redacting it.
    pub(super) fn add_bound(&mut self, name: &'static str, value: &str, redactor: &Redactor) {
        if redactor.hides_field(name) {
            self.add(name, &quoted(REDACTED));
            return;
        }
        let Some(text) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            self.add(name, value);
            return;
        };
        let text = unescape(text);
        self.add(name, &quoted(&redactor.text(&text)));
    }

    /// Takes the text of a value out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.list.iter().position(|(known, _)| *known == name)?;
        let (_, value) = self.list.remove(place);
        Some(match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(text) => unescape(text),
            None => value,
        })
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    push(&mut out, text, Escape::Json);
    out.push('"');
    out
}
