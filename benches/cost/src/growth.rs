//! Texts that an attacker repeats: twice the input costs twice the work, whatever the input, and what
//! comes out is eight times the input and 16 KiB at most.
//!
//! Each is read at a size and at twice the size by [`ic_growth`], in the order in which the names are
//! printed: callgrind dumps its counts after each call.

use std::fmt::Write;
use std::hint::black_box;

use palisade_input_validation::csv::{Cell, CsvLimits, read_csv, write_row};
use palisade_input_validation::issue::Language;
use palisade_input_validation::text::forbidden;
use palisade_input_validation::upload::{Decoder, FileKind};
use palisade_input_validation::{
    Amount, Check, Clamped, Currency, Cursor, Email, FileName, HttpUrl, Line, LogText, Pattern,
    SafeRedirect, Text, UniqueName, clean_html, from_fields, from_json, from_pairs,
    render_markdown,
};
use serde::Deserialize;

pub(crate) const NAME: &str = "growth";

/// Bytes of the smaller text: so many that what a call costs whatever it reads does not count.
const SMALL: usize = 16 * 1024;

/// Reads a text and returns how many bytes it became, if it became some.
type Run = fn(&str) -> usize;

/// A name, who reads, what stands before all of it, what is repeated, and what stands behind.
type Generator = (&'static str, Run, &'static str, &'static str, &'static str);

pub(crate) fn run() {
    for (name, run, before, piece, behind) in GENERATORS {
        for size in [SMALL, 2 * SMALL] {
            let source = format!("{before}{}{behind}", piece.repeat(size / piece.len()));
            // What is made once, such as a table of names, is made.
            black_box(run(before));
            let written = ic_growth(*run, &source);
            let most = 8 * source.len() + 16 * 1024;
            assert!(written <= most, "{name}: {} bytes became {written}", source.len());
        }
        println!("{name}");
    }
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_growth(run: Run, source: &str) -> usize {
    black_box(run(black_box(source)))
}

fn markdown(source: &str) -> usize {
    render_markdown(source).map_or(0, |html| html.as_str().len())
}

fn html(source: &str) -> usize {
    clean_html(source).map_or(0, |html| html.as_str().len())
}

fn line(source: &str) -> usize {
    Line::<1_000_000>::parse(source).map_or(0, |line| line.as_str().len())
}

fn lines(source: &str) -> usize {
    Text::<1_000_000>::parse(source).map_or(0, |text| text.as_str().len())
}

fn name(source: &str) -> usize {
    UniqueName::<1_000_000>::parse(source).map_or(0, |name| name.key().len())
}

fn judged(source: &str) -> usize {
    black_box(forbidden(source)).map_or(0, |()| source.len())
}

/// Types of a bounded length, all of them: what is longer is refused at once.
fn bounded(source: &str) -> usize {
    let amount = Currency::parse("EUR").and_then(|euro| Amount::parse_signed(source, euro));
    let read = [
        Email::parse(source).is_ok(),
        HttpUrl::parse(source).is_ok(),
        SafeRedirect::parse(source).is_ok(),
        FileName::parse(source).is_ok(),
        Cursor::<u64>::parse(source).is_ok(),
        amount.is_ok(),
    ];
    let clamped = Clamped::<u32, 1, 100, 20>::parse(source);
    black_box((read, clamped));
    0
}

fn pattern(source: &str) -> usize {
    const PATTERN: Pattern = Pattern::new("[a-c]*a?[ab]*b{0,20}c+");
    usize::from(black_box(&PATTERN).matches(source))
}

fn log(source: &str) -> usize {
    let mut out = String::new();
    write!(out, "{}", LogText::<1_000_000>(source)).expect("a String takes all");
    out.len()
}

fn accepted(source: &str) -> usize {
    black_box(Language::negotiate(source)).tag().len()
}

fn table(source: &str) -> usize {
    let Ok(rows) = read_csv(source, CsvLimits::default()) else { return 0 };
    let mut out = String::new();
    for row in rows {
        write_row(&row.iter().map(|cell| Cell::Text(cell)).collect::<Vec<_>>(), &mut out);
    }
    out.len()
}

#[derive(Check, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[check(chars(1..=1_000_000))]
    a: String,
    b: Option<Vec<Line<100>>>,
}

fn read<E>(form: Result<Form, E>) -> usize {
    form.map_or(0, |form| form.a.len() + form.b.map_or(0, |lines| lines.len()))
}

fn json(source: &str) -> usize {
    read(from_json(source.as_bytes()))
}

fn pairs(source: &str) -> usize {
    read(from_pairs(source))
}

fn fields(source: &str) -> usize {
    read(from_fields(source.split('&').map(|name| (name, Some(name)))))
}

fn parts(source: &str) -> usize {
    let mut decoder = Decoder::for_type("multipart/form-data; boundary=x").expect("a boundary");
    let mut events = 0;
    for piece in source.as_bytes().chunks(1024) {
        decoder.push(piece);
        while let Ok(Some(event)) = decoder.next() {
            black_box(event);
            events += 1;
        }
    }
    events
}

fn file(source: &str) -> usize {
    FileKind::of(source.as_bytes()).map_or(0, |_| source.len())
}

const GENERATORS: &[Generator] = &[
    ("plain", markdown, "", "word ", ""),
    ("paragraphs", markdown, "", "word\n\n", ""),
    ("quotes", markdown, "", ">", ""),
    ("quoted lines", markdown, "", "> a\n", ""),
    ("nested lists", markdown, "", "- ", ""),
    ("list items", markdown, "", "- a\n", ""),
    ("indented items", markdown, "", "- a\n  - b\n", ""),
    ("open links", markdown, "", "[", ""),
    ("closed links", markdown, "", "[a](", ""),
    ("closing brackets", markdown, "[", "]", ""),
    ("nested images", markdown, "", "![", ""),
    ("stars", markdown, "", "*", ""),
    ("emphasis", markdown, "", "*a **b ", ""),
    ("closers", markdown, "", "a** ", ""),
    ("underscores", markdown, "", "_a ", ""),
    ("tildes", markdown, "", "~~a ", ""),
    ("backticks", markdown, "", "`a``b", ""),
    ("fences", markdown, "", "```\n", ""),
    ("entities", markdown, "", "&amp;", ""),
    ("open entities", markdown, "", "&a", ""),
    ("open tags", markdown, "", "<a ", ""),
    ("comments", markdown, "", "<!-- ", ""),
    ("declarations", markdown, "", "<?", ""),
    ("autolinks", markdown, "", "<https://a.example>", ""),
    ("definitions", markdown, "", "[a]: /b\n", ""),
    ("references", markdown, "[a]: /b\n\n", "[a]", ""),
    ("tables", markdown, "|a|b|\n|-|-|\n", "|c\n", ""),
    ("backslashes", markdown, "", "\\a\\*", ""),
    ("headings", markdown, "", "# a\n", ""),
    ("underlines", markdown, "", "a\n-\n", ""),
    ("closed elements", html, "", "<div>a</div>", ""),
    ("open elements", html, "", "<div>", ""),
    ("items", html, "<ul>", "<li>a", "</ul>"),
    ("text", html, "", "a &amp; b ", ""),
    ("marks", html, "", "&", ""),
    ("no-break spaces", html, "", "\u{a0} ", ""),
    ("attributes", html, "<a", " b=c", ">"),
    ("formatting", html, "", "<b><p></b>", ""),
    ("tables in text", html, "", "<table>a", ""),
    ("nested HTML lists", html, "", "<ul><li>", ""),
    ("links", html, "", "<a href=\"https://a.example/\">a</a>", ""),
    ("HTML comments", html, "", "<!-- a -->", ""),
    ("open HTML comments", html, "", "<!-- ", ""),
    ("HTML entities", html, "", "&lt;&#x26;", ""),
    ("misplaced cells", html, "", "<table><tr>a<td>b</table>", ""),
    ("misplaced words", html, "<table>", "a<tr>", ""),
    ("moved elements", html, "", "<a><p></a></p>", ""),
    ("foreign elements", html, "", "<svg><a>b</a></svg>", ""),
    ("a line", line, "", "word ", ""),
    ("a line to compose", line, "", "e\u{301}\u{e9} ", ""),
    ("marks on one letter", line, "e", "\u{301}\u{323}", ""),
    ("several lines", lines, "", "word\r\n", ""),
    ("text of a person", lines, "", "e\u{301}\u{e9} ", ""),
    ("names", name, "", "a\u{430}", ""),
    ("judged", judged, "", "\u{1f468}\u{200d}", ""),
    ("bounded types", bounded, "", "a", ""),
    ("bounded dots", bounded, "a@", "a.", ""),
    ("bounded digits", bounded, "", "9", ""),
    ("bounded paths", bounded, "/", "../", ""),
    ("bounded links", bounded, "https://", "a.", "/"),
    ("a pattern", pattern, "", "ab", ""),
    ("a log line", log, "", "a\u{1b}\n", ""),
    ("languages", accepted, "", "fr;q=0.1,", ""),
    ("table of text", table, "", "\"a\"\"b\",c\n", ""),
    ("table of formulas", table, "", "=1,-2\n", ""),
    ("an open cell", table, "\"", "a\"\"", ""),
    ("JSON", json, "{\"a\":\"", "b", "\"}"),
    ("JSON escapes", json, "{\"a\":\"", "\\n", "\"}"),
    ("JSON elements", json, "{\"a\":\"\",\"b\":[", "\"c\",", "\"c\"]}"),
    ("JSON names", json, "{", "\"c\":0,", "\"a\":1}"),
    ("JSON depth", json, "", "[", ""),
    ("JSON digits", json, "{\"a\":", "9", "}"),
    ("JSON space", json, "", " ", ""),
    ("wrong elements", json, "{\"a\":1,\"b\":[", "1,", "1]}"),
    ("pairs", pairs, "", "a=%41&", ""),
    ("one pair", pairs, "a=", "%41+", ""),
    ("fields", fields, "", "a&", ""),
    ("multipart", parts, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", "\r\n--", ""),
    (
        "multipart parts",
        parts,
        "",
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n",
        "--x--\r\n",
    ),
    ("multipart head", parts, "--x\r\n", "A: b\r\n", ""),
    ("a document", file, "%PDF-1.4\n", "%%EOF\n", ""),
];
