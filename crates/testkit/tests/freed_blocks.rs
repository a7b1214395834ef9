//! A secret that is freed without being wiped is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use palisade_testkit::alloc::FreedBlocks;
use std::hint::black_box;

const BOUND: usize = 4 << 20;

#[global_allocator]
static ALLOCATOR: FreedBlocks = FreedBlocks::new(BOUND);

/// One test, since the kept blocks are those of the whole process.
#[test]
fn finds_what_was_freed_unwiped_and_forgets_only_the_oldest() {
    finds_only_what_was_freed_and_not_wiped();
    finds_what_a_growing_buffer_left_behind();
    keeps_alignment();
    counts_what_the_bound_evicts();
}

fn finds_only_what_was_freed_and_not_wiped() {
    const NEEDLE: &[u8] = b"canary-one-5d41402a";
    let live = black_box(NEEDLE.to_vec());
    assert_eq!(ALLOCATOR.scan(NEEDLE), 0, "a live block is not a freed one");

    let mut wiped = black_box(NEEDLE.to_vec());
    black_box(&mut wiped).fill(0);
    drop(wiped);
    assert_eq!(ALLOCATOR.scan(NEEDLE), 0);

    drop(live);
    assert_eq!(ALLOCATOR.scan(NEEDLE), 1);
    drop(black_box([b"padding ", NEEDLE, b" padding"].concat()));
    assert_eq!(ALLOCATOR.scan(NEEDLE), 2, "in the middle of a block");
    assert_eq!(ALLOCATOR.evicted(), 0);

    ALLOCATOR.clear();
    assert_eq!(ALLOCATOR.scan(NEEDLE), 0);
}

fn finds_what_a_growing_buffer_left_behind() {
    const NEEDLE: &[u8] = b"canary-two-7d793037";
    let mut grown = Vec::with_capacity(NEEDLE.len());
    grown.extend_from_slice(NEEDLE);
    grown.reserve_exact(4096);
    black_box(&mut grown).fill(0);
    drop(grown);
    assert_eq!(ALLOCATOR.scan(NEEDLE), 1);
}

fn keeps_alignment() {
    #[repr(align(128))]
    struct Wide([u8; 3]);
    let wide = black_box(Box::new(Wide([1, 2, 3])));
    assert_eq!(std::ptr::from_ref(&*wide).addr() % 128, 0);
    assert_eq!(wide.0, [1, 2, 3]);
}

fn counts_what_the_bound_evicts() {
    const NEEDLE: &[u8] = b"canary-three-0a0b0c";
    drop(black_box(NEEDLE.to_vec()));
    assert_eq!((ALLOCATOR.scan(NEEDLE), ALLOCATOR.evicted()), (1, 0));
    drop(black_box(vec![1_u8; BOUND]));
    assert_eq!(ALLOCATOR.scan(NEEDLE), 0, "the oldest block went first");
    assert!(ALLOCATOR.evicted() > 0, "and the scan is known to be partial");
}
