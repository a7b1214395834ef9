//! Markdown, by its events.

use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag};

use super::escape::escape;
use super::link;
use super::page::{DEPTH, EXPANSION, Page, SafeHtml};
use super::quotes::most_quotes;
use super::table::most_cells;
use crate::issue::Breach;
use crate::text::forbidden;

/// Renders Markdown (`CommonMark`, with tables and strikethrough of GFM) as HTML.
///
/// Every tag is one that this crate writes: paragraphs, headings, quotes, lists, tables, code,
/// emphasis, rules, breaks and links. HTML in the source is text. Links lead to web pages, mail, this
/// site or this page; others keep their words and lose their target. An image is a link to it: a
/// picture on another site would tell that site who reads.
///
/// # Errors
///
/// - [`code::BYTES`](crate::issue::code::BYTES): over [`SafeHtml::MAX_SOURCE`];
/// - [`code::CONTROL`](crate::issue::code::CONTROL), `BIDI`, `INVISIBLE`: what
///   [`forbidden`](crate::text::forbidden) refuses;
/// - [`code::DEPTH`](crate::issue::code::DEPTH): nested deeper than [`SafeHtml::MAX_DEPTH`], or a line that
///   begins with more `>` than that;
/// - [`code::EXPANSION`](crate::issue::code::EXPANSION): over eight times its bytes and 16 KiB.
///
/// # Cost
///
/// Linear in the source, whatever it holds; no second pass over the HTML.
///
/// # Example
///
/// ```
/// use palisade_input_validation::render_markdown;
///
/// let html = render_markdown("See [the plan](/exams) or [this](javascript:alert(1)) <script>")?;
/// assert_eq!(
///     html.as_str(),
///     "<p>See <a href=\"/exams\">the plan</a> or this &lt;script&gt;</p>\n",
/// );
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
pub fn render_markdown(source: &str) -> Result<SafeHtml, Breach> {
    let mut page = Page::of(source)?;
    forbidden(source)?;
    if most_quotes(source) > SafeHtml::MAX_DEPTH {
        return Err(DEPTH);
    }
    if most_cells(source) > source.len().saturating_mul(8).saturating_add(16 * 1024) {
        return Err(EXPANSION);
    }
    let mut writer = Writer { page: &mut page, open: Vec::new(), columns: Vec::new(), column: 0 };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(source, options) {
        writer.event(event)?;
    }
    Ok(page.finish())
}

/// Writes events; `open` holds the closing tags, in order, so that elements are always balanced.
struct Writer<'a> {
    page: &'a mut Page,
    open: Vec<&'static str>,
    /// How the columns of the table are set.
    columns: Vec<Alignment>,
    column: usize,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>) -> Result<(), Breach> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => {
                let closing = self.open.pop().unwrap_or_default();
                self.page.write(closing)
            }
            Event::Code(text) => {
                self.page.write("<code>")?;
                escape(&text, self.page)?;
                self.page.write("</code>")
            }
            Event::SoftBreak => self.page.write("\n"),
            Event::HardBreak => self.page.write("<br>\n"),
            Event::Rule => self.page.write("<hr>\n"),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            // None of these is asked for.
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => escape(&text, self.page),
            Event::TaskListMarker(_) => Ok(()),
        }
    }

    fn start(&mut self, tag: Tag<'_>) -> Result<(), Breach> {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.open("<p>", "</p>\n"),
            Tag::Heading { level, .. } => {
                let (opening, closing) = heading(level);
                self.open(opening, closing)
            }
            Tag::BlockQuote(_) => self.open("<blockquote>\n", "</blockquote>\n"),
            Tag::CodeBlock(_) => self.open("<pre><code>", "</code></pre>\n"),
            Tag::List(None) => self.open("<ul>\n", "</ul>\n"),
            Tag::List(Some(1)) => self.open("<ol>\n", "</ol>\n"),
            Tag::List(Some(first)) => self.open(&format!("<ol start=\"{first}\">\n"), "</ol>\n"),
            Tag::Item => self.open("<li>", "</li>\n"),
            Tag::Table(columns) => {
                self.columns = columns;
                self.open("<table>\n", "</tbody></table>\n")
            }
            Tag::TableHead => self.row("<thead><tr>", "</tr></thead>\n<tbody>"),
            Tag::TableRow => self.row("<tr>", "</tr>\n"),
            Tag::TableCell => self.cell(),
            Tag::Emphasis => self.open("<em>", "</em>"),
            Tag::Strong => self.open("<strong>", "</strong>"),
            Tag::Strikethrough => self.open("<del>", "</del>"),
            Tag::Link { link_type, dest_url, title, id }
            | Tag::Image { link_type, dest_url, title, id } => {
                // A reference repeats what is defined once.
                self.page.charge(title.len().saturating_add(id.len()))?;
                self.link(link_type, &dest_url)
            }
            // None of the others is asked for.
            _ => self.open("", ""),
        }
    }

    fn open(&mut self, opening: &str, closing: &'static str) -> Result<(), Breach> {
        if self.open.len() >= SafeHtml::MAX_DEPTH {
            return Err(DEPTH);
        }
        self.open.push(closing);
        self.page.write(opening)
    }

    fn row(&mut self, opening: &str, closing: &'static str) -> Result<(), Breach> {
        self.column = 0;
        self.open(opening, closing)
    }

    fn cell(&mut self) -> Result<(), Breach> {
        let set = self.columns.get(self.column).copied().unwrap_or(Alignment::None);
        self.column = self.column.saturating_add(1);
        let is_head = self.open.last().is_some_and(|closing| closing.starts_with("</tr></thead>"));
        let (name, closing) = if is_head { ("<th", "</th>") } else { ("<td", "</td>") };
        self.open(name, closing)?;
        self.page.write(match set {
            Alignment::None => ">",
            Alignment::Left => " align=\"left\">",
            Alignment::Center => " align=\"center\">",
            Alignment::Right => " align=\"right\">",
        })
    }

    fn link(&mut self, kind: LinkType, target: &CowStr<'_>) -> Result<(), Breach> {
        self.page.charge(target.len())?;
        // A picture inside of a link is its words: links do not nest (HTML 4.5.1).
        let is_mail = kind == LinkType::Email;
        let href = if self.open.contains(&"</a>") { None } else { link::href(target, is_mail) };
        let Some(href) = href else { return self.open("", "") };
        self.open("<a href=\"", "</a>")?;
        escape(&href, self.page)?;
        self.page.write(if href.starts_with("http") {
            "\" rel=\"nofollow noopener noreferrer\">"
        } else {
            "\">"
        })
    }
}

const fn heading(level: HeadingLevel) -> (&'static str, &'static str) {
    match level {
        HeadingLevel::H1 => ("<h1>", "</h1>\n"),
        HeadingLevel::H2 => ("<h2>", "</h2>\n"),
        HeadingLevel::H3 => ("<h3>", "</h3>\n"),
        HeadingLevel::H4 => ("<h4>", "</h4>\n"),
        HeadingLevel::H5 => ("<h5>", "</h5>\n"),
        HeadingLevel::H6 => ("<h6>", "</h6>\n"),
    }
}
