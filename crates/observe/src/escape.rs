//! Text of strangers, made harmless for a line of JSON or of a terminal.

use std::fmt::{self, Write};

/// Returns whether a character must not reach a log as it is.
///
/// Controls of C0 and C1, DEL, line and paragraph separators, everything that turns the direction of
/// text or has no width, and tags: what moves a cursor, ends a line or makes text look like other
/// text (CWE-117, CWE-150, CVE-2021-42574).
///
/// # Example
///
/// ```
/// use palisade_observe::is_hostile;
///
/// assert!(is_hostile('\u{1b}') && is_hostile('\u{2028}') && is_hostile('\u{202e}'));
/// assert!(!is_hostile('\u{e9}') && !is_hostile('"'));
/// ```
#[must_use]
pub const fn is_hostile(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// Inside the quotes of a JSON string.
    Json,
    /// On a terminal.
    Terminal,
}

/// Bytes that begin a character which may need an escape.
#[expect(clippy::indexing_slicing, reason = "computed by the compiler")]
const LOOK: [bool; 256] = {
    let mut look = [false; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        look[byte] = byte < 0x20
            || matches!(byte, 0x22 | 0x5c | 0x7f | 0xc2 | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf3);
        byte += 1;
    }
    look
};

/// Appends a text; what is hostile is written as an escape.
pub(crate) fn push(out: &mut String, text: &str, escape: Escape) {
    let mut rest = text;
    loop {
        let found = rest.bytes().position(|byte| LOOK.get(usize::from(byte)) == Some(&true));
        let Some((plain, from)) = found.and_then(|at| rest.split_at_checked(at)) else {
            out.push_str(rest);
            return;
        };
        out.push_str(plain);
        let mut characters = from.chars();
        if let Some(c) = characters.next() {
            push_char(out, c, escape);
        }
        rest = characters.as_str();
    }
}

fn push_char(out: &mut String, c: char, escape: Escape) {
    match (escape, c) {
        (_, '\\') => out.push_str("\\\\"),
        (Escape::Json, '"') => out.push_str("\\\""),
        (_, '\n') => out.push_str("\\n"),
        (_, '\r') => out.push_str("\\r"),
        (_, '\t') => out.push_str("\\t"),
        _ if !is_hostile(c) => out.push(c),
        (Escape::Json, _) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                push_unit(out, *unit);
            }
        }
        (Escape::Terminal, _) => out.extend(c.escape_unicode()),
    }
}

fn push_unit(out: &mut String, unit: u16) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        out.push(char::from_digit(u32::from(unit >> shift) & 0xf, 16).unwrap_or('0'));
    }
}

/// Escapes whatever is formatted into it, up to a number of bytes.
pub(crate) struct Escaper<'a> {
    pub(crate) out: &'a mut String,
    pub(crate) escape: Escape,
    /// Bytes of text that may still come.
    pub(crate) room: usize,
}

impl Write for Escaper<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = prefix(text, self.room);
        push(self.out, kept, self.escape);
        if kept.len() < text.len() {
            self.room = 0;
            // Nobody reads further; the value ends here.
            return Err(fmt::Error);
        }
        self.room = self.room.saturating_sub(kept.len());
        Ok(())
    }
}

/// Returns the text between the quotes of a JSON string that [`push`] wrote.
pub(crate) fn unescape(json: &str) -> String {
    let (mut text, mut units) = (String::with_capacity(json.len()), Vec::new());
    let mut rest = json.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        if escaped == Some('u') {
            let (digits, after) = rest.as_str().split_at_checked(4).unwrap_or_default();
            units.push(u16::from_str_radix(digits, 16).unwrap_or(0xfffd));
            rest = after.chars();
            continue;
        }
        text.extend(char::decode_utf16(units.drain(..)).map(|c| c.unwrap_or('\u{fffd}')));
        text.push(match escaped {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => other,
            None => c,
        });
    }
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')));
    text
}

/// Returns the beginning of a text, at most so many bytes long.
pub(crate) fn prefix(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> String {
        let mut out = String::from("\"");
        push(&mut out, text, Escape::Json);
        out.push('"');
        out
    }

    #[test]
    fn what_is_hostile_is_escaped_and_nothing_else() {
        for c in (0..=0x0010_ffff_u32).filter_map(char::from_u32) {
            let line = json(&c.to_string());
            let plain = !is_hostile(c) && c != '"' && c != '\\';
            assert_eq!(line == format!("\"{c}\""), plain, "U+{:04X}", u32::from(c));
            assert!(!line.chars().any(is_hostile), "U+{:04X}", u32::from(c));
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), c.to_string());
        }
    }

    #[test]
    fn the_ways_in_which_lines_were_forged() {
        for text in
            ["\n{\"level\":\"ERROR\"}", "\u{85}", "\u{2028}", "\u{202e}", "\u{1b}[2J", "\u{9b}2J"]
        {
            for escape in [Escape::Json, Escape::Terminal] {
                let mut out = String::new();
                push(&mut out, text, escape);
                assert!(!out.chars().any(is_hostile), "{text:?} becomes {out:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_reader_gets_the_text_back(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&json(&text)).unwrap(), text);
        }

        #[test]
        fn a_bound_is_kept(text in any::<String>(), room in 0_usize..64) {
            let mut out = String::new();
            let mut escaper = Escaper { out: &mut out, escape: Escape::Json, room };
            let _ = escaper.write_str(&text);
            let kept: String = serde_json::from_str(&format!("\"{out}\"")).unwrap();
            prop_assert!(kept.len() <= room && text.starts_with(&kept));
        }
    }
}
