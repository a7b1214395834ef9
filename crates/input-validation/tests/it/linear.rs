//! Eight times the input costs about eight times the work, whatever the input.
//!
//! CPU time of this thread, the least of several runs: a cost that grows by the square is sixty-four
//! times as much. Exact counts are in the benches.

use palisade_input_validation::{Text, clean_html, render_markdown};
use rustix::time::{ClockId, clock_gettime};

type Run = fn(&str);

fn markdown(source: &str) {
    if let Ok(html) = render_markdown(source) {
        assert!(html.as_str().len() <= 8 * source.len() + 16 * 1024);
    }
}

fn html(source: &str) {
    if let Ok(html) = clean_html(source) {
        assert!(html.as_str().len() <= 8 * source.len() + 16 * 1024);
    }
}

fn text(source: &str) {
    let _ = Text::<1_000_000>::parse(source);
}

fn csv(source: &str) {
    use palisade_input_validation::csv::{CsvLimits, read_csv};
    let _ = read_csv(source, CsvLimits::default());
}

fn json(source: &str) {
    let _ = palisade_input_validation::from_json::<Vec<String>>(source.as_bytes());
}

fn pairs(source: &str) {
    let _ = palisade_input_validation::from_pairs::<crate::checks::Signup>(source);
}

/// What is repeated, and what stands before and behind all of it.
const GENERATORS: &[(&str, Run, &str, &str, &str)] = &[
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
    ("attributes", html, "<a", " b=c", ">"),
    ("formatting", html, "", "<b><p></b>", ""),
    ("tables in text", html, "", "<table>a", ""),
    ("text of a person", text, "", "e\u{301}\u{e9} ", ""),
    ("table of text", csv, "", "\"a\"\"b\",c\n", ""),
    ("JSON", json, "[", "\"a\",", "1]"),
    ("pairs", pairs, "", "a=%41&", ""),
];

fn cost(run: Run, source: &str) -> i64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec * 1_000_000_000 + time.tv_nsec
    };
    let once = || {
        let start = now();
        run(source);
        now() - start
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn no_input_costs_its_square() {
    assert!(GENERATORS.len() >= 40);
    for (name, run, before, piece, behind) in GENERATORS {
        let source =
            |bytes: usize| format!("{before}{}{behind}", piece.repeat(bytes / piece.len()));
        let (small, large) = (cost(*run, &source(2_000)), cost(*run, &source(16_000)));
        assert!(large <= 24 * small.max(100_000), "{name}: {small} ns, then {large} ns");
    }
}
