//! Whether the parser of HTML can afford a source.

use std::cell::Cell;

use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tokenizer::{Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, create_element};
use html5ever::{QualName, TokenizerResult, local_name, ns};

use super::super::page::{DEPTH, EXPANSION};
use super::tree::{Handle, Tree};
use crate::issue::{Arg, Breach, code};

/// Bytes that are parsed before the tree is looked at.
const PIECE: usize = 4 * 1024;

const ATTRIBUTES: Breach = Breach::with(code::KEYS, const { &[Arg::of("max", 32)] });
const TAGS: Breach = Breach::with(code::KEYS, const { &[Arg::of("max", 10_000)] });
const LONG_TAG: Breach = Breach::with(code::KEYS, const { &[Arg::of("max", PIECE)] });

/// Parses in pieces as [`ammonia`] will, and stops where a piece has made the tree too deep, a tag
/// too wide, or too much work: what one piece can do is bounded.
///
/// Depth is that of the tree, not a count of tags: which tag closes which is for the parser to say.
pub(super) fn inspect(source: &str) -> Result<(), Breach> {
    let tree = Tree::default();
    let name = QualName::new(None, ns!(html), local_name!("div"));
    let context = create_element(&tree, name, Vec::new());
    let builder = TreeBuilder::new_for_fragment(tree, context, None, TreeBuilderOpts::default());
    let guard = Guard { builder, tags: Cell::new(0), widest: Cell::new(0), tokens: Cell::new(0) };
    let tokenizer = Tokenizer::new(guard, TokenizerOpts::default());
    let input = BufferQueue::default();
    let allowed = source.len().saturating_mul(32).saturating_add(64 * 1024);
    let mut rest = source;
    while !rest.is_empty() {
        let before = tokenizer.sink.tokens.get();
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE.min(rest.len())));
        rest = after;
        input.push_back(piece.into());
        while let TokenizerResult::Script(_) = tokenizer.feed(&input) {}
        let guard = &tokenizer.sink;
        if guard.widest.get() > 32 {
            return Err(ATTRIBUTES);
        }
        if guard.tags.get() > 10_000 {
            return Err(TAGS);
        }
        if guard.tokens.get() == before && piece.len() >= PIECE {
            return Err(LONG_TAG);
        }
        if guard.builder.sink.is_too_deep() {
            return Err(DEPTH);
        }
        if guard.builder.sink.work() > allowed {
            return Err(EXPANSION);
        }
    }
    Ok(())
}

/// Looks at every tag on its way to the tree.
struct Guard {
    builder: TreeBuilder<Handle, Tree>,
    tags: Cell<usize>,
    widest: Cell<usize>,
    tokens: Cell<usize>,
}

impl TokenSink for Guard {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        if !matches!(token, Token::ParseError(_)) {
            self.tokens.set(self.tokens.get().saturating_add(1));
        }
        if let Token::TagToken(Tag { kind: TagKind::StartTag, ref attrs, .. }) = token {
            self.tags.set(self.tags.get().saturating_add(1));
            self.widest.set(self.widest.get().max(attrs.len()));
        }
        self.builder.process_token(token, line)
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}
