//! Hot paths of `palisade-audit`: an event as its line, a leaf, a node, a proof and a position in a list.
//!
//! valgrind hides the instructions for SHA-256 of the processor: hashes count as those of plain code.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use palisade_audit::merkle::{Hash, leaf, node, verify_inclusion};
use palisade_audit::query::Cursor;
use palisade_audit::{Actor, Context, Event};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_audit_event", || {
        // The first one makes the room that the thread keeps.
        black_box(line(6));
        black_box(ic_audit_event(black_box(7)));
    }),
    ("ic_audit_leaf", || {
        let line = line(7);
        black_box(ic_audit_leaf(black_box(&line)));
    }),
    ("ic_audit_node", || {
        let (left, right) = (leaf(b"left"), leaf(b"right"));
        black_box(ic_audit_node(black_box(&left), black_box(&right)));
    }),
    ("ic_audit_proof", || {
        let path: Vec<Hash> = (0..20_u8).map(|number| leaf(&[number])).collect();
        let event = leaf(b"event");
        let root = path.iter().fold(event, |below, beside| node(&below, beside));
        assert!(ic_audit_proof(black_box(&event), black_box(&root), black_box(&path)));
    }),
    ("ic_audit_cursor", || {
        assert!(ic_audit_cursor(black_box("AQAAAAAAAAAqZGlnZXN0MTI")).is_some());
    }),
];

fn line(number: u32) -> Vec<u8> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(1_796_000_000_123_456);
    Event::new("user.role.update")
        .actor(Actor::user("u-184467"))
        .target("user", "u-440737")
        .context(
            Context::new()
                .with_ip([203, 0, 113, 7].into())
                .with_request_id("018f3c1e-7b9a-7cc4-9f4e-0123456789ab")
                .with_trace_id("0af7651916cd43dd8448eb211c80319c"),
        )
        .change("role", "teacher", "admin")
        .detail("number", &number)
        .to_line(u64::from(number), now)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_audit_event(number: u32) -> Vec<u8> {
    line(number)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_audit_leaf(line: &[u8]) -> Hash {
    leaf(line)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_audit_node(left: &Hash, right: &Hash) -> Hash {
    node(left, right)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_audit_proof(event: &Hash, root: &Hash, path: &[Hash]) -> bool {
    verify_inclusion(event, 0, 1 << 20, root, path).is_ok()
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_audit_cursor(text: &str) -> Option<String> {
    text.parse::<Cursor>().ok().map(|cursor| cursor.to_string())
}
