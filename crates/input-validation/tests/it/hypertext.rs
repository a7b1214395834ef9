//! HTML of people.

use palisade_input_validation::issue::code;
use palisade_input_validation::{SafeHtml, clean_html};
use proptest::prelude::*;

use crate::reparse::{ATTACKS, reparsed};

#[test]
fn text_and_its_structure_stay() {
    let table = [
        ("<p>a <b>b</b> <a href=\"/x\">c</a></p>", "<p>a <b>b</b> <a href=\"/x\">c</a></p>"),
        ("<div>a<span>b</span></div>", "ab"),
        ("<a href=\"https://Example.com\">x</a>", "<a href=\"https://example.com/\">x</a>"),
        ("<img src=x>y", "y"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<li>x", "<li>x</li>"),
    ];
    for (source, expected) in table {
        assert_eq!(clean_html(source).unwrap().as_str(), expected, "{source}");
    }
}

#[test]
fn no_attack_survives_and_reading_changes_nothing() {
    for attack in ATTACKS {
        let Ok(html) = clean_html(attack) else { continue };
        assert_eq!(reparsed(html.as_str()), html.as_str(), "{attack}");
        assert_eq!(clean_html(html.as_str()).unwrap(), html, "{attack}");
    }
}

/// What costs the parser its square: each of these is minutes at 2 MB.
#[test]
fn what_the_parser_cannot_afford_is_refused_early() {
    let wide: String = (0..40).fold("<a".to_owned(), |tag, n| format!("{tag} a{n}=1")) + ">";
    let long: String = (0..20_000).fold("<a".to_owned(), |tag, n| format!("{tag} a{n}"));
    let table = [
        ("<div>".repeat(10_000), code::DEPTH),
        ("<ul><li>".repeat(10_000), code::DEPTH),
        ("<a><b>".repeat(10_000), code::DEPTH),
        ("<svg><g>".repeat(10_000), code::DEPTH),
        ("<svg><desc><div></desc></svg>".repeat(20) + &"<i>".repeat(100), code::DEPTH),
        (wide, code::KEYS),
        (long, code::KEYS),
        ("<br>".repeat(10_001), code::KEYS),
        ("<table>a".repeat(5_000), code::EXPANSION),
        ("&".repeat(200_000), code::EXPANSION),
        ("\u{ab} ".repeat(50_000), code::EXPANSION),
        ("x".repeat(SafeHtml::MAX_SOURCE + 1), code::BYTES),
    ];
    for (source, expected) in table {
        let breach = clean_html(&source).unwrap_err();
        assert_eq!(breach.code(), expected, "{}", &source[..30.min(source.len())]);
    }
    // Closed in time, as many are fine.
    assert!(clean_html(&"<div>x</div>".repeat(5_000)).is_ok());
    assert!(clean_html(&"<p>\u{ab}\u{a0}a & b\u{a0}\u{bb}</p>".repeat(5_000)).is_ok());
    assert!(clean_html(&"a sentence of a few words &amp; a mark. ".repeat(1_000)).is_ok());
    assert!(clean_html(&format!("<pre>{}</pre>", "&lt;a b=&amp;&gt; ".repeat(5_000))).is_ok());
}

proptest! {
    #[test]
    fn any_source_is_a_fixpoint(
        source in "(<(/)?(a|b|p|i|table|tr|td|li|ul|svg|math|mtext|mglyph|style|script|template|select|form|h1|pre|noscript|title|textarea)( href=\"/x\")?>|<!--|-->|[a-c &;<>\"'/=\n]){0,40}",
    ) {
        if let Ok(html) = clean_html(&source) {
            prop_assert_eq!(reparsed(html.as_str()), html.as_str());
            prop_assert_eq!(clean_html(html.as_str()).map(SafeHtml::into_string), Ok(html.into_string()));
        }
    }
}
