//! Text for spreadsheets, logs and headers.

use palisade_input_validation::csv::{Cell, CsvLimits, read_csv, write_row};
use palisade_input_validation::issue::code;
use palisade_input_validation::{Amount, Currency, FileName, LogText};
use proptest::prelude::*;

fn row(cells: &[Cell<'_>]) -> String {
    let mut out = String::new();
    write_row(cells, &mut out);
    out
}

/// What spreadsheets compute, also behind what nobody sees.
const FORMULAS: &[&str] = &[
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "\u{ff1d}1",
    "\u{ff0b}1",
    "\u{ff0d}1",
    "\u{ff20}A1",
    " =1",
    "\u{a0}=1",
    "\u{feff}=1",
    "\u{200b}=1",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "'=1",
];

#[test]
fn a_text_is_never_a_formula_and_a_number_stays_one() {
    for formula in FORMULAS {
        let line = row(&[Cell::Text(formula)]);
        let seen = line.trim_start_matches('"');
        assert!(seen.starts_with('\''), "{line:?}");
        let rows = read_csv(&line, CsvLimits::default()).unwrap();
        assert_eq!(rows, [[*formula]], "read as it was");
    }
    let fee = Amount::parse_signed("-12.50", Currency::parse("EUR").unwrap()).unwrap();
    assert_eq!(row(&[Cell::Int(-7), Cell::Amount(&fee), Cell::Text("7")]), "-7,-12.50,7\r\n");
}

#[test]
fn reading_is_strict_and_bounded() {
    let table: [(&str, Option<&[&[&str]]>); 12] = [
        ("a,b\r\nc,d", Some(&[&["a", "b"], &["c", "d"]])),
        ("a,b\nc,d\n", Some(&[&["a", "b"], &["c", "d"]])),
        ("\u{feff}a\n", Some(&[&["a"]])),
        ("a,\"b \"\"x\"\", c\nd\"\n", Some(&[&["a", "b \"x\", c\nd"]])),
        ("a\n\nb\n", Some(&[&["a"], &["b"]])),
        (",\n", Some(&[&["", ""]])),
        ("", Some(&[])),
        ("a\"b\n", None),
        ("\"a\n", None),
        ("\"a\"b\n", None),
        ("a\rb\n", None),
        ("\"", None),
    ];
    for (text, expected) in table {
        let read = read_csv(text, CsvLimits::default()).ok();
        let read: Option<Vec<Vec<&str>>> = read
            .as_ref()
            .map(|rows| rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect());
        let expected = expected.map(|rows| rows.iter().map(|row| row.to_vec()).collect());
        assert_eq!(read, expected, "{text:?}");
    }
    let wide = read_csv(&",".repeat(64), CsvLimits::default()).unwrap_err();
    assert_eq!(wide.code(), code::KEYS);
    let long = read_csv(&"a\n".repeat(10_001), CsvLimits::default()).unwrap_err();
    assert_eq!(long.code(), code::KEYS);
}

#[test]
fn a_log_line_stays_one_and_moves_no_terminal() {
    let sent = "a\r\nb\u{1b}[31m\u{9b}2J\u{2028}\u{202e}\\n\u{e9}";
    let line = LogText::<256>(sent).to_string();
    assert_eq!(line, "a\\r\\nb\\u{1b}[31m\\u{9b}2J\\u{2028}\\u{202e}\\\\n\u{e9}");
    assert_eq!(LogText::<2>("abcd").to_string(), "ab[+2 characters]");
    assert_eq!(format!("{:?}", LogText::<9>("a\nb")), "a\\nb");
}

proptest! {
    #[test]
    fn a_table_is_read_as_it_was_written(
        rows in prop::collection::vec(prop::collection::vec("([=+\\-@'\", \r\n\ta-c\u{feff}\u{a0}]|\\PC){0,8}", 2..5), 1..5),
    ) {
        let mut text = String::new();
        for cells in &rows {
            let cells: Vec<_> = cells.iter().map(|cell| Cell::Text(cell)).collect();
            write_row(&cells, &mut text);
        }
        prop_assert_eq!(read_csv(&text, CsvLimits::default()).unwrap(), rows);
    }

    #[test]
    fn a_disposition_names_the_file_and_nothing_else(name in "\\PC{1,40}") {
        if let Ok(name) = name.parse::<FileName>() {
            let value = name.attachment();
            let text = value.to_str().unwrap();
            prop_assert!(text.starts_with("attachment; filename=\""));
            let quoted = text.split('"').nth(1).unwrap();
            prop_assert!(!quoted.contains(['\\', '%']) && text.matches('"').count() == 2);
            if let Some((_, long)) = text.split_once("filename*=UTF-8''") {
                let bytes = percent_decoded(long);
                prop_assert_eq!(String::from_utf8(bytes).unwrap(), name.as_str());
            } else {
                prop_assert_eq!(quoted, name.as_str());
            }
        }
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}
