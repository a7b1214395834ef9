//! The judge of HTML: a parser of the standard, and what it may find.

use html5ever::serialize::{SerializeOpts, TraversalScope, serialize};
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment};
use markup5ever_rcdom::{Handle, NodeData, RcDom, SerializableHandle};

/// Parses, judges every element and attribute, and writes what was parsed.
pub(crate) fn reparsed(html: &str) -> String {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let parser = parse_fragment(RcDom::default(), ParseOpts::default(), context, Vec::new(), false);
    let dom = parser.one(html);
    let root = std::rc::Rc::clone(&dom.document.children.borrow()[0]);
    judge(&root, html, 0);
    let mut written = Vec::new();
    let options = SerializeOpts {
        traversal_scope: TraversalScope::ChildrenOnly(None),
        ..SerializeOpts::default()
    };
    serialize(&mut written, &SerializableHandle::from(root), options).unwrap();
    String::from_utf8(written).unwrap()
}

const TAGS: &[&str] = &[
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
    "html",
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

fn judge(node: &Handle, html: &str, depth: usize) {
    assert!(depth < 64, "deep: {html}");
    match &node.data {
        NodeData::Element { name, attrs, .. } => {
            assert_eq!(name.ns, ns!(html), "{html}");
            assert!(TAGS.contains(&&*name.local), "<{}> in {html}", name.local);
            for attribute in attrs.borrow().iter() {
                let (tag, key, value) = (&*name.local, &*attribute.name.local, &*attribute.value);
                let fits = match (tag, key) {
                    ("a", "href") => {
                        ["https://", "http://", "mailto:", "/", "#"]
                            .iter()
                            .any(|start| value.starts_with(start))
                            && !value.starts_with("//")
                    }
                    ("a", "rel") => value == "nofollow noopener noreferrer",
                    ("ol", "start") => value.parse::<u32>().is_ok(),
                    ("td" | "th", "align") => ["left", "center", "right"].contains(&value),
                    _ => false,
                };
                assert!(fits, "<{tag} {key}={value:?}> in {html}");
            }
        }
        NodeData::Text { .. } | NodeData::Document => {}
        other => panic!("{other:?} in {html}"),
    }
    for child in node.children.borrow().iter() {
        judge(child, html, depth + 1);
    }
}

/// What has run scripts somewhere, as HTML and inside of Markdown.
pub(crate) const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><set attributeName=href to=javascript:alert(1)>",
    "<math><annotation-xml encoding=text/html><img src=x onerror=alert(1)></annotation-xml></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\" javascript:alert(1)\">x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<a href=//evil.example>x</a>",
    "<a href=\"/\\evil.example\">x</a>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<p style=\"background:url(javascript:alert(1))\">x",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<table background=javascript:alert(1)>",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php <img src=x onerror=alert(1)>?>",
    "<a\x0chref=javascript:alert(1)>x</a>",
    "<b <script>alert(1)</script>0",
    "<<script>alert(1)//<</script>",
    "\"><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A&#x61&#x76&#x61script:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example)",
    "[x](/\\\\evil.example)",
    "[x](https://you@evil.example)",
    "![x](javascript:alert(1))",
    "![x\" onerror=\"alert(1)](https://a.example/b.png)",
    "[x](https://a.example/\"onmouseover=\"alert(1))",
    "[x](https://a.example 'y\" onmouseover=\"alert(1)')",
    "<javascript:alert(1)>",
    "<javascript://a.example/%0aalert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "[a](<#\"onclick=alert(1)>)",
    "[a](mailto:a@b.example?bcc=c@d.example)",
    "```\"onclick=alert(1)\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "|a|\n|-|\n|<script>alert(1)</script>|",
    "# <img src=x onerror=alert(1)>",
    "> <svg onload=alert(1)>",
    "[![x](/a)](https://b.example)",
    "[a <https://b.example> c](https://d.example)",
    "&#0;&#x1b;&#8238;&#xfffe;&#128;",
    "a\u{a0}b & c < d > e \" f",
];
