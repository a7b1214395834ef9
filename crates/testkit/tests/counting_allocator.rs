//! The counts are exact, per thread, and never silently zero.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use palisade_testkit::alloc::{
    Allocations, CountingAllocator, count, count_async, count_returning,
};
use std::hint::black_box;
use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::thread;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

#[test]
fn counts_blocks_and_bytes_exactly() {
    assert_eq!(count(|| black_box(1) + 1), Allocations::NONE);

    let (kept, cost) = count_returning(|| black_box(Box::new([7_u8; 40])));
    assert_eq!((cost.allocations, cost.deallocations, cost.bytes), (1, 0, 40));

    let cost = count(|| drop(kept));
    assert_eq!((cost.allocations, cost.deallocations, cost.freed_bytes), (0, 1, 40));
}

#[test]
fn a_reallocation_is_one_of_each() {
    let mut list = black_box(Vec::<u8>::with_capacity(16));
    let cost = count(|| list.reserve_exact(32));
    assert_eq!((cost.allocations, cost.deallocations), (1, 1));
    assert_eq!((cost.bytes, cost.freed_bytes), (32, 16));
}

#[test]
fn zeroed_memory_is_counted() {
    let cost = count(|| black_box(vec![0_u8; 1000]));
    assert_eq!((cost.allocations, cost.bytes), (1, 1000));
}

#[test]
fn an_outer_count_holds_the_inner_one() {
    let (inner, outer) = count_returning(|| {
        drop(black_box(vec![1_u8; 8]));
        count(|| black_box(vec![1_u8; 8]))
    });
    assert_eq!(inner.allocations, 1);
    assert!(outer.allocations >= 2, "{outer:?}");
}

#[test]
fn other_threads_do_not_disturb_the_count() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            barrier.wait();
            for size in 1..2000 {
                drop(black_box(vec![1_u8; size]));
            }
            barrier.wait();
        });
        let cost = count(|| {
            barrier.wait();
            barrier.wait();
        });
        assert_eq!(cost, Allocations::NONE);
    });
}

#[test]
fn a_future_is_counted_while_it_is_polled_and_not_between() {
    let mut polled = false;
    let work = std::future::poll_fn(move |_| {
        drop(black_box(vec![1_u8; 64]));
        if std::mem::replace(&mut polled, true) { Poll::Ready(5) } else { Poll::Pending }
    });
    let mut counted = pin!(count_async(work));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(counted.as_mut().poll(&mut cx).is_pending());
    drop(black_box(vec![1_u8; 4096]));
    let Poll::Ready((5, cost)) = counted.as_mut().poll(&mut cx) else { panic!("second poll") };
    assert_eq!((cost.allocations, cost.deallocations, cost.bytes), (2, 2, 128));
}
