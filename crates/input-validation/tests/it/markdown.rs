//! Markdown.

use palisade_input_validation::issue::code;
use palisade_input_validation::{SafeHtml, render_markdown};
use proptest::prelude::*;

use crate::reparse::{ATTACKS, reparsed};

fn rendered(source: &str) -> String {
    render_markdown(source).unwrap().into_string()
}

#[test]
fn each_construct_has_its_own_tags() {
    let table = [
        (
            "a *b* **c** ~~d~~ `e<`",
            "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;</code></p>\n",
        ),
        ("# T\n\n## U", "<h1>T</h1>\n<h2>U</h2>\n"),
        ("a  \nb\nc", "<p>a<br>\nb\nc</p>\n"),
        ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("- a\n  - b", "<ul>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n"),
        ("> q\n\n---", "<blockquote>\n<p>q</p>\n</blockquote>\n<hr>\n"),
        ("```rust\nlet a = \"b\";\n```", "<pre><code>let a = \"b\";\n</code></pre>\n"),
        (
            "|a|b|\n|:-|-:|\n|1|2|",
            "<table>\n<thead><tr><th align=\"left\">a</th><th align=\"right\">b</th></tr></thead>\n\
             <tbody><tr><td align=\"left\">1</td><td align=\"right\">2</td></tr>\n</tbody></table>\n",
        ),
        (
            "[w](https://Example.com/a?b=1&c=2)",
            "<p><a href=\"https://example.com/a?b=1&amp;c=2\" rel=\"nofollow noopener noreferrer\">w</a></p>\n",
        ),
        ("[p](/exams/../exams/7#x)", "<p><a href=\"/exams/7#x\">p</a></p>\n"),
        (
            "[h](#part-2) <a@b.example>",
            "<p><a href=\"#part-2\">h</a> <a href=\"mailto:a@b.example\">a@b.example</a></p>\n",
        ),
        ("![a plan](/plan.png)", "<p><a href=\"/plan.png\">a plan</a></p>\n"),
        ("[![in](/a)](/b)", "<p><a href=\"/b\">in</a></p>\n"),
        ("[x](javascript:alert(1))", "<p>x</p>\n"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>\n"),
        ("<div>\n*a*\n</div>", "<p>&lt;div&gt;\n*a*\n&lt;/div&gt;</p>\n"),
        ("&#8238;x&#0;y&nbsp;z", "<p>\u{fffd}x\u{fffd}y&nbsp;z</p>\n"),
        ("", ""),
    ];
    for (source, expected) in table {
        assert_eq!(rendered(source), expected, "{source}");
    }
}

#[test]
fn what_it_writes_is_read_as_it_was_written() {
    for attack in ATTACKS {
        let Ok(html) = render_markdown(attack) else { continue };
        assert_eq!(reparsed(html.as_str()), html.as_str(), "{attack}");
        for around in [format!("> {attack}"), format!("- {attack}"), format!("*{attack}*")] {
            let html = rendered(&around);
            assert_eq!(reparsed(&html), html, "{around}");
        }
    }
}

/// The same sources through the renderer that this one replaces: it passes HTML on.
#[test]
fn a_plain_renderer_lets_the_attacks_through() {
    let naive = |source: &str| {
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(source));
        html
    };
    let alive = |html: &str| html.contains("<script") || html.contains("javascript:");
    let through = ATTACKS.iter().filter(|attack| alive(&naive(attack))).count();
    assert!(through > 20, "{through}");
    let ours = ATTACKS.iter().filter_map(|attack| render_markdown(attack).ok());
    assert_eq!(ours.filter(|html| html.as_str().contains("<script")).count(), 0);
}

#[test]
fn what_grows_beyond_reason_is_refused() {
    let table = [
        ("x".repeat(SafeHtml::MAX_SOURCE + 1), code::BYTES),
        (">".repeat(40), code::DEPTH),
        (
            format!("{}\n|{}\n{}", "|a".repeat(1000), "-|".repeat(1000), "|\n".repeat(1000)),
            code::EXPANSION,
        ),
        (
            format!("[a]: https://e.example/{}\n\n{}", "x".repeat(2000), "[a]".repeat(1000)),
            code::EXPANSION,
        ),
        (format!("[a]: x:{}\n\n{}", "x".repeat(2000), "[a]".repeat(1000)), code::EXPANSION),
        ("a\u{202e}b".to_owned(), code::BIDI),
        ("a\0b".to_owned(), code::CONTROL),
    ];
    for (source, expected) in table {
        let breach = render_markdown(&source).unwrap_err();
        assert_eq!(breach.code(), expected, "{}", &source[..40.min(source.len())]);
    }
    assert!(render_markdown(&">".repeat(SafeHtml::MAX_DEPTH - 1)).is_ok());
}

proptest! {
    #[test]
    fn any_source_is_read_as_it_was_written(
        source in "([a-c *_`~\\[\\]()<>!#|:\\-\n\"&/=;.0-9]|https://|javascript:|\\|-\\||<script>|<b>|&#8238;|\\PC){0,80}",
    ) {
        if let Ok(html) = render_markdown(&source) {
            prop_assert!(html.as_str().len() <= 8 * source.len() + 16 * 1024);
            prop_assert_eq!(reparsed(html.as_str()), html.as_str());
        }
    }
}
