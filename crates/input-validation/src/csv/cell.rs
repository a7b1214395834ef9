//! Rows that spreadsheets show and do not compute.

use std::fmt::Write;

use crate::Amount;

/// A value of a row.
///
/// What a person wrote is a text, and a spreadsheet takes some texts for formulas; a number of the
/// program is a number, and keeps its sign.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Cell<'a> {
    /// Money, in plain digits.
    Amount(&'a Amount),
    /// A whole number.
    Int(i64),
    /// What a person wrote.
    Text(&'a str),
}

/// Writes a row, ended by CR LF.
///
/// A text that a spreadsheet would compute begins with an apostrophe instead: one that starts with
/// `=`, `+`, `-`, `@`, their wide forms, a tab, a line break or NUL, also behind spaces and
/// characters that nobody sees; and one that starts with an apostrophe, so that reading takes off
/// just what writing put on. [`read_csv`](super::read_csv) does.
///
/// # Example
///
/// ```
/// use palisade_input_validation::csv::{Cell, write_row};
///
/// let mut table = String::new();
/// write_row(&[Cell::Text("=cmd|' /C calc'!A0"), Cell::Text("a, b"), Cell::Int(-3)], &mut table);
/// assert_eq!(table, "'=cmd|' /C calc'!A0,\"a, b\",-3\r\n");
/// ```
pub fn write_row(cells: &[Cell<'_>], out: &mut String) {
    for (position, cell) in cells.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        // Writing into a String cannot fail.
        let _ = match cell {
            Cell::Amount(amount) => write!(out, "{amount}"),
            Cell::Int(number) => write!(out, "{number}"),
            Cell::Text(text) => write_text(text, out),
        };
    }
    out.push_str("\r\n");
}

fn write_text(text: &str, out: &mut String) -> std::fmt::Result {
    let guard = if is_formula(text) { "'" } else { "" };
    // A byte order mark at the very start would be one of the table.
    let plain = !text.contains(['"', ',', '\r', '\n']) && !text.starts_with('\u{feff}');
    if plain && text.trim() == text {
        return write!(out, "{guard}{text}");
    }
    write!(out, "\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Tells whether a spreadsheet may compute the text, or reading would take something off it.
pub(super) fn is_formula(text: &str) -> bool {
    let unseen = |c: char| {
        matches!(c, ' ' | '\u{a0}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}')
    };
    let first = text.trim_start_matches(unseen).chars().next();
    let wide = ['\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{2212}'];
    first.is_some_and(|first| "=+-@\t\r\n\0'".contains(first) || wide.contains(&first))
}
