//! Counts allocations of one thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

thread_local! {
    // `const` and without a destructor: the access itself neither allocates nor registers anything.
    static TOTAL: Cell<Allocations> = const { Cell::new(Allocations::NONE) };
}

/// What a piece of code asked of the allocator, on one thread.
///
/// A reallocation counts as one allocation of the new size and one deallocation of the old size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allocations {
    /// Blocks allocated, reallocations included.
    pub allocations: u64,
    /// Blocks freed, reallocations included.
    pub deallocations: u64,
    /// Bytes asked for in all allocations.
    pub bytes: u64,
    /// Bytes given back in all deallocations; above [`bytes`](Self::bytes) when older blocks went.
    pub freed_bytes: u64,
}

impl Allocations {
    /// Nothing was asked of the allocator: what `assert_eq!` compares with.
    pub const NONE: Self = Self { allocations: 0, deallocations: 0, bytes: 0, freed_bytes: 0 };

    const fn plus(self, more: Self) -> Self {
        Self {
            allocations: self.allocations.wrapping_add(more.allocations),
            deallocations: self.deallocations.wrapping_add(more.deallocations),
            bytes: self.bytes.wrapping_add(more.bytes),
            freed_bytes: self.freed_bytes.wrapping_add(more.freed_bytes),
        }
    }

    const fn since(self, earlier: Self) -> Self {
        Self {
            allocations: self.allocations.wrapping_sub(earlier.allocations),
            deallocations: self.deallocations.wrapping_sub(earlier.deallocations),
            bytes: self.bytes.wrapping_sub(earlier.bytes),
            freed_bytes: self.freed_bytes.wrapping_sub(earlier.freed_bytes),
        }
    }
}

/// The system's allocator, counted per thread; see the [module docs](super) for how to install it.
#[derive(Default)]
#[non_exhaustive]
pub struct CountingAllocator;

impl CountingAllocator {
    /// Returns the allocator; it holds nothing, the counts are the threads' own.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl fmt::Debug for CountingAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountingAllocator")
    }
}

// SAFETY: every call goes to `System` unchanged; the counting touches a `Cell` of the thread and
// cannot unwind or allocate.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        freed(layout.size());
        // SAFETY: the caller's contract is `System`'s, which gave the block.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        allocated(new_size);
        freed(layout.size());
        // SAFETY: the caller's contract is `System`'s, which gave the block.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

/// Counts what the closure allocates on this thread; what it returns is dropped after the count.
///
/// Other threads do not disturb the count, and what the closure starts on them is not in it. Counts
/// nest: the outer one holds the inner one.
///
/// # Panics
///
/// When [`CountingAllocator`] is not this binary's global allocator, since every count would be 0.
pub fn count<T>(work: impl FnOnce() -> T) -> Allocations {
    count_returning(work).1
}

/// Counts like [`count`] and also returns what the closure returned.
///
/// # Panics
///
/// When [`CountingAllocator`] is not this binary's global allocator.
pub fn count_returning<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    assert_installed();
    let before = total();
    let result = work();
    let cost = total().since(before);
    (result, cost)
}

/// Counts what the future allocates while it is polled, whichever threads poll it.
///
/// What the runtime allocates between two polls is not in the count; making the future is not
/// either, since that happened before the call.
///
/// # Panics
///
/// When [`CountingAllocator`] is not this binary's global allocator.
pub async fn count_async<F: Future>(work: F) -> (F::Output, Allocations) {
    assert_installed();
    let mut cost = Allocations::NONE;
    let mut work = pin!(work);
    let output = CountedPolls { work: work.as_mut(), cost: &mut cost }.await;
    (output, cost)
}

struct CountedPolls<'a, F> {
    work: Pin<&'a mut F>,
    cost: &'a mut Allocations,
}

impl<F: Future> Future for CountedPolls<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let before = total();
        let polled = this.work.as_mut().poll(cx);
        *this.cost = this.cost.plus(total().since(before));
        polled
    }
}

fn assert_installed() {
    let before = total();
    drop(black_box(Box::new(black_box(1_u8))));
    assert!(
        total() != before,
        "nothing is counted: this binary needs `#[global_allocator] static A: CountingAllocator = \
         CountingAllocator::new();`"
    );
}

fn total() -> Allocations {
    TOTAL.with(Cell::get)
}

fn allocated(size: usize) {
    record(Allocations { allocations: 1, bytes: wide(size), ..Allocations::NONE });
}

fn freed(size: usize) {
    record(Allocations { deallocations: 1, freed_bytes: wide(size), ..Allocations::NONE });
}

fn record(more: Allocations) {
    // The cell is gone only while its thread ends, when nothing on it can ask for a count.
    let _ = TOTAL.try_with(|total| total.set(total.get().plus(more)));
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The unit tests' binary runs on the system's allocator.
    #[test]
    #[should_panic(expected = "nothing is counted")]
    fn a_count_without_the_allocator_panics_instead_of_being_zero() {
        count(|| vec![1_u8; 8]);
    }
}
