//! HTML of people.

mod guard;
mod tree;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};

use super::link;
use super::page::{EXPANSION, Page, SafeHtml};
use crate::issue::{Breach, code};
use crate::text::{forbidden, judge};

/// Elements that stay; of all others their text stays, of `script` and `style` nothing.
const ELEMENTS: [&str; 36] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "dd",
    "del",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

/// How often HTML is read until reading changes nothing.
const READINGS: usize = 4;

/// Cleans HTML that a person wrote or pasted: what stays is text, its structure, and links that
/// [`render_markdown`](super::render_markdown) would keep too.
///
/// Before it is cleaned, it is parsed piece by piece under guard: the parser of HTML is quadratic in
/// depth and in attributes (servo/html5ever#788), and a page of 80 KB can cost it a second. What
/// comes out is read again until nothing changes, so that no browser reads other elements in it
/// than were judged.
///
/// # Errors
///
/// - [`code::BYTES`]: over [`SafeHtml::MAX_SOURCE`];
/// - [`code::CONTROL`], [`code::BIDI`], [`code::INVISIBLE`]: what
///   [`forbidden`](crate::text::forbidden) refuses;
/// - [`code::DEPTH`]: elements nested deeper than [`SafeHtml::MAX_DEPTH`];
/// - [`code::KEYS`]: a tag of more than 32 attributes or 4 KiB, or more than 10,000 tags;
/// - [`code::EXPANSION`]: over eight times its bytes and 16 KiB, or too much work: elements that are
///   moved out of tables one by one, or thousands of `&` and no-break spaces in one text;
/// - [`code::INVALID`]: HTML that reads otherwise each time it is read.
///
/// # Example
///
/// ```
/// use palisade_input_validation::clean_html;
///
/// let html = clean_html("<b onclick=x()>Bold</b> <a href=javascript:x()>link</a><script>x()</script>")?;
/// assert_eq!(html.as_str(), "<b>Bold</b> <a>link</a>");
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
pub fn clean_html(source: &str) -> Result<SafeHtml, Breach> {
    let mut page = Page::of(source)?;
    forbidden(source)?;
    guard::inspect(source)?;
    let policy = policy();
    let mut html = clean(&policy, source);
    for _ in 0..READINGS {
        // What was cleaned is nested as the source was, or deeper where elements were closed.
        guard::inspect(&html)
            .map_err(|breach| if breach.code() == code::BYTES { EXPANSION } else { breach })?;
        // References like `&#27;` have become characters.
        let seen = |c| if judge(c).is_err() { char::REPLACEMENT_CHARACTER } else { c };
        let again = clean(&policy, &html.chars().map(seen).collect::<String>());
        if again == html {
            page.write(&html)?;
            return Ok(page.finish());
        }
        html = again;
    }
    Err(Breach::new(code::INVALID))
}

/// Cleans in pieces, which a reader gives: of a whole text the parser looks through the rest again and
/// again.
fn clean(policy: &Builder<'_>, html: &str) -> String {
    // Reading from memory cannot fail.
    policy
        .clean_from_reader(html.as_bytes())
        .map_or_else(|_| String::new(), |html| html.to_string())
}

fn policy() -> Builder<'static> {
    let mut policy = Builder::empty();
    policy
        .tags(HashSet::from(ELEMENTS))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .attribute_filter(|_, name, value| {
            if name == "href" { link::href(value, false).map(Cow::Owned) } else { None }
        });
    policy
}
