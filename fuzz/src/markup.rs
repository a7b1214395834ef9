//! Markdown and HTML: what comes out is read as it was written, and holds nothing that acts.

use html5ever::serialize::{SerializeOpts, TraversalScope, serialize};
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment};
use markup5ever_rcdom::{Handle, NodeData, RcDom, SerializableHandle};
use palisade_input_validation::{SafeHtml, clean_html, render_markdown};

/// Markdown: bounded, a fixpoint of the parser of the standard, own tags only.
pub fn input_validation_markdown(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    if let Ok(html) = render_markdown(&source) {
        assert!(html.as_str().len() <= 8 * source.len() + 16 * 1024);
        assert_eq!(reparsed(html.as_str()), html.as_str(), "{source:?}");
    }
}

/// HTML: the same, and a fixpoint of its own.
pub fn input_validation_html(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    if let Ok(html) = clean_html(&source) {
        assert!(html.as_str().len() <= 8 * source.len() + 16 * 1024);
        assert_eq!(reparsed(html.as_str()), html.as_str(), "{source:?}");
        assert_eq!(clean_html(html.as_str()).as_ref().map(SafeHtml::as_str), Ok(html.as_str()));
    }
}

fn reparsed(html: &str) -> String {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let parser = parse_fragment(RcDom::default(), ParseOpts::default(), context, Vec::new(), false);
    let dom = parser.one(html);
    let root = dom.document.children.borrow().first().cloned().expect("a root");
    root.children.borrow().iter().for_each(|child| judge(child, html));
    let mut written = Vec::new();
    let options = SerializeOpts {
        traversal_scope: TraversalScope::ChildrenOnly(None),
        ..SerializeOpts::default()
    };
    serialize(&mut written, &SerializableHandle::from(root), options).expect("a Vec takes all");
    String::from_utf8(written).expect("UTF-8")
}

const TAGS: &str = " a abbr b blockquote br code dd del dl dt em h1 h2 h3 h4 h5 h6 hr i ins li ol p pre \
                    s small strong sub sup table tbody td th thead tr ul ";

fn judge(node: &Handle, html: &str) {
    match &node.data {
        NodeData::Element { name, attrs, .. } => {
            assert!(TAGS.contains(&format!(" {} ", name.local)), "<{}> in {html}", name.local);
            assert_eq!(name.ns, ns!(html), "{html}");
            for attribute in attrs.borrow().iter() {
                let value = &*attribute.value;
                let fits = match (&*name.local, &*attribute.name.local) {
                    ("a", "href") => {
                        let known = ["https://", "http://", "mailto:", "/", "#"];
                        known.iter().any(|start| value.starts_with(start))
                            && !value.starts_with("//")
                    }
                    ("a", "rel") => value == "nofollow noopener noreferrer",
                    ("ol", "start") => value.parse::<u32>().is_ok(),
                    ("td" | "th", "align") => ["left", "center", "right"].contains(&value),
                    _ => false,
                };
                assert!(fits, "{}={value:?} in {html}", attribute.name.local);
            }
        }
        NodeData::Text { .. } => {}
        other => panic!("{other:?} in {html}"),
    }
    node.children.borrow().iter().for_each(|child| judge(child, html));
}
