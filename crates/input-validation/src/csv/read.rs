//! Reading.

use super::cell::is_formula;
use crate::issue::{Breach, code};

const CSV: Breach = Breach::new(code::CSV);

/// How much of a table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsvLimits {
    /// The most rows, 10,000.
    pub rows: usize,
    /// The most cells of a row, 64.
    pub cells: usize,
}

impl Default for CsvLimits {
    fn default() -> Self {
        Self { rows: 10_000, cells: 64 }
    }
}

/// Reads a table, row by row.
///
/// Lines end in LF or CR LF; a cell that begins with a quotation mark ends with one, and doubles
/// those inside. A byte order mark is skipped, an empty line as well. The apostrophe that
/// [`write_row`](super::write_row) puts before formulas is taken off again.
///
/// # Errors
///
/// [`code::CSV`] for a quotation mark elsewhere or one that is not closed, [`code::KEYS`] for more
/// rows or cells than the limits.
///
/// # Example
///
/// ```
/// use palisade_input_validation::csv::{CsvLimits, read_csv};
///
/// let rows = read_csv("code,name\r\nS1,\"Rai, Asha\"\r\n", CsvLimits::default())?;
/// assert_eq!(rows, [["code", "name"], ["S1", "Rai, Asha"]]);
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
pub fn read_csv(text: &str, limits: CsvLimits) -> Result<Vec<Vec<String>>, Breach> {
    const WIDE: Breach = Breach::new(code::KEYS);
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows: Vec<Vec<String>> = Vec::new();
    while !rest.is_empty() {
        let mut row = Vec::new();
        loop {
            let (cell, after) = if let Some(quoted) = rest.strip_prefix('"') {
                quoted_cell(quoted)?
            } else {
                plain_cell(rest)?
            };
            row.push(unguarded(cell));
            if row.len() > limits.cells {
                return Err(WIDE);
            }
            if let Some(after) = after.strip_prefix(',') {
                rest = after;
                continue;
            }
            let next = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n'));
            match next {
                Some(next) => rest = next,
                None if after.is_empty() => rest = after,
                None => return Err(CSV),
            }
            break;
        }
        if row.iter().any(|cell| !cell.is_empty()) || row.len() > 1 {
            rows.push(row);
        }
        if rows.len() > limits.rows {
            return Err(WIDE);
        }
    }
    Ok(rows)
}

fn plain_cell(text: &str) -> Result<(String, &str), Breach> {
    let end = text.find([',', '\n', '"']).unwrap_or(text.len());
    let (cell, after) = text.split_at_checked(end).ok_or(CSV)?;
    if after.starts_with('"') {
        return Err(CSV);
    }
    match cell.strip_suffix('\r') {
        Some(line) if after.starts_with('\n') => Ok((line.to_owned(), after)),
        _ if cell.contains('\r') => Err(CSV),
        _ => Ok((cell.to_owned(), after)),
    }
}

fn quoted_cell(text: &str) -> Result<(String, &str), Breach> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"').ok_or(CSV)?;
        cell.push_str(before);
        let Some(more) = after.strip_prefix('"') else { return Ok((cell, after)) };
        cell.push('"');
        rest = more;
    }
}

fn unguarded(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text.to_owned(),
        _ => cell,
    }
}
