//! Codes of a fixed form.

use std::sync::LazyLock;

use palisade_input_validation::Pattern;
use proptest::prelude::*;

const PATTERNS: &[Pattern] = &[
    Pattern::new(r"[A-Z]{2}-\d{4,6}"),
    Pattern::new("a*b+c?"),
    Pattern::new(r"[\-\]x]{0,3}y"),
    Pattern::new("a?a?a?a?aaaa"),
    Pattern::new("[a-z][a-z0-9_]{2,}"),
    Pattern::new(""),
];

/// What the same sources mean to an engine of another making.
static REFERENCES: LazyLock<Vec<regex::Regex>> = LazyLock::new(|| {
    let sources = PATTERNS.iter().map(Pattern::source);
    sources.map(|source| regex::Regex::new(&format!(r"\A(?:{source})\z")).unwrap()).collect()
});

#[test]
fn both_ends_are_anchored() {
    let code = &PATTERNS[0];
    for text in ["NP-2026", "NP-202612"] {
        assert!(code.matches(text), "{text}");
    }
    for text in ["", "NP-202", "NP-2026123", " NP-2026", "NP-2026\n", "xNP-2026", "NP-2026\r\nX: y"]
    {
        assert!(!code.matches(text), "{text:?}");
    }
}

#[test]
fn nested_choices_cost_no_more_than_their_places() {
    const HOSTILE: Pattern = Pattern::new("a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a*a*a*a*a*b");
    assert!(!HOSTILE.matches(&"a".repeat(100_000)));
    assert!(HOSTILE.matches(&("a".repeat(100_000) + "b")));
}

proptest! {
    #[test]
    fn an_independent_engine_agrees(
        text in "[A-Z]{0,3}-?[0-9]{0,7}|[abc]{0,9}|[-\\]xy]{0,5}|a{0,10}|[a-z0-9_]{0,6}|\\PC{0,4}",
    ) {
        for (pattern, reference) in PATTERNS.iter().zip(&*REFERENCES) {
            let expected = reference.is_match(&text);
            prop_assert_eq!(pattern.matches(&text), expected, "{} on {:?}", pattern.source(), text);
        }
    }
}
