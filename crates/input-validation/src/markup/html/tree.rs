//! A tree that knows how deep it is and nothing else.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, ExpandedName, QualName, local_name, ns};

use super::super::page::SafeHtml;

pub(super) type Handle = Rc<Node>;

/// An element, or the document.
#[derive(Debug)]
pub(super) struct Node {
    name: QualName,
    parent: RefCell<Option<Handle>>,
    children: RefCell<Vec<Weak<Self>>>,
    text: Cell<Text>,
    mathml_with_html: bool,
}

/// The text that an element ends with, from its last `<` or `>` on: whoever writes it looks for these
/// two anew after each `&` and each character that may be a no-break space.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    bytes: usize,
    marks: usize,
}

impl Text {
    /// Adds text and returns the work that writing it is, as [`Tree::work`] counts.
    fn add(&mut self, text: &str) -> usize {
        let mut work = 0_usize;
        for part in text.as_bytes().split_inclusive(|byte| matches!(byte, b'<' | b'>')) {
            let marks = part.iter().filter(|byte| matches!(byte, b'&' | 0xc2)).count();
            self.bytes = self.bytes.saturating_add(part.len());
            let searched = self.marks.saturating_mul(part.len());
            work = work.saturating_add(searched.saturating_add(marks.saturating_mul(self.bytes)));
            self.marks = self.marks.saturating_add(marks);
            if part.ends_with(b"<") || part.ends_with(b">") {
                *self = Self::default();
            }
        }
        work / 48
    }
}

impl Node {
    fn new(name: QualName, mathml_with_html: bool) -> Handle {
        let (parent, children) = (RefCell::default(), RefCell::default());
        Rc::new(Self { name, parent, children, text: Cell::default(), mathml_with_html })
    }
}

/// What the parser builds.
#[derive(Debug)]
pub(super) struct Tree {
    document: Handle,
    is_too_deep: Cell<bool>,
    work: Cell<usize>,
}

impl Default for Tree {
    fn default() -> Self {
        let document = Node::new(QualName::new(None, ns!(), local_name!("")), false);
        Self { document, is_too_deep: Cell::new(false), work: Cell::new(0) }
    }
}

impl Tree {
    pub(super) const fn is_too_deep(&self) -> bool {
        self.is_too_deep.get()
    }

    /// Returns how many elements were made and moved, and how many were looked through for it.
    pub(super) const fn work(&self) -> usize {
        self.work.get()
    }

    fn count(&self) {
        self.charge(1);
    }

    fn charge(&self, work: usize) {
        self.work.set(self.work.get().saturating_add(work));
    }

    /// Puts a child before another, whose place is looked for among all.
    fn squeeze(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.charge(parent.children.borrow().len() / 2);
        self.adopt(parent, child);
    }

    fn adopt(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.count();
        let mut written = parent.text.take();
        let child = match child {
            NodeOrText::AppendNode(child) => child,
            NodeOrText::AppendText(text) => {
                self.charge(written.add(&text));
                parent.text.set(written);
                return;
            }
        };
        let mut above = Some(Rc::clone(parent));
        let mut depth = 0_usize;
        while let Some(node) = above {
            depth = depth.saturating_add(1);
            // The document, the context and the element that stands for the fragment are no depth.
            if depth > SafeHtml::MAX_DEPTH.saturating_add(2) {
                self.is_too_deep.set(true);
                break;
            }
            above = node.parent.borrow().as_ref().map(Rc::clone);
        }
        parent.children.borrow_mut().push(Rc::downgrade(&child));
        child.parent.replace(Some(Rc::clone(parent)));
    }
}

impl TreeSink for Tree {
    type Handle = Handle;
    type Output = ();
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) {}

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Rc::clone(&self.document)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, _: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.count();
        Node::new(name, flags.mathml_annotation_xml_integration_point)
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.count();
        Node::new(QualName::new(None, ns!(), local_name!("")), false)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.create_comment(StrTendril::new())
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.adopt(parent, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        before: &Handle,
        child: NodeOrText<Handle>,
    ) {
        let parent = element.parent.borrow().clone();
        self.squeeze(parent.as_ref().unwrap_or(before), child);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        Rc::clone(target)
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        Rc::ptr_eq(one, other)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        let parent = sibling.parent.borrow().clone();
        if let Some(parent) = parent {
            self.squeeze(&parent, child);
        }
    }

    fn add_attrs_if_missing(&self, _: &Handle, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Handle) {
        self.count();
        target.parent.replace(None);
    }

    fn reparent_children(&self, node: &Handle, parent: &Handle) {
        let children = node.children.take();
        for child in children.into_iter().filter_map(|child| child.upgrade()) {
            let is_here =
                child.parent.borrow().as_ref().is_some_and(|above| Rc::ptr_eq(above, node));
            if is_here {
                self.adopt(parent, NodeOrText::AppendNode(child));
            } else {
                self.count();
            }
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        handle.mathml_with_html
    }
}
