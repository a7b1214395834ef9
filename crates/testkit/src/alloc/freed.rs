//! Keeps freed blocks as they were left, to look for secrets in them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::fmt;
use std::hint::{black_box, spin_loop};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// The system's allocator, which keeps freed blocks unchanged so that a test can look for secrets
/// that were freed without being wiped.
///
/// Blocks are really freed, the oldest first, when more than the bound is kept. A reallocation
/// always moves, so that the block a growing buffer leaves behind is seen too.
///
/// ```
/// use palisade_testkit::alloc::FreedBlocks;
///
/// #[global_allocator]
/// static ALLOCATOR: FreedBlocks = FreedBlocks::new(16 << 20);
///
/// let needle = b"hunter2-canary";
/// let mut wiped = needle.to_vec();
/// wiped.fill(0);
/// drop(wiped);
/// assert_eq!(ALLOCATOR.scan(needle), 0);
/// drop(needle.to_vec());
/// assert_eq!(ALLOCATOR.scan(needle), 1);
/// assert_eq!(ALLOCATOR.evicted(), 0); // nothing escaped the scan
/// ```
pub struct FreedBlocks {
    locked: AtomicBool,
    kept: UnsafeCell<Kept>,
    max_bytes: usize,
}

/// Blocks from the oldest to the newest, linked through the trailer behind each block's bytes.
struct Kept {
    oldest: *mut Trailer,
    newest: *mut Trailer,
    blocks: usize,
    bytes: usize,
    evicted: usize,
}

/// Lies behind the bytes that the program asked for, in the same system block.
struct Trailer {
    newer: *mut Self,
    block: *mut u8,
    layout: Layout,
}

// SAFETY: `kept` is touched only between `lock` and the drop of its guard.
unsafe impl Sync for FreedBlocks {}
// SAFETY: the pointers in `kept` are to blocks that belong to this value alone.
unsafe impl Send for FreedBlocks {}

impl FreedBlocks {
    /// Keeps at most that many bytes of freed blocks, their own sizes counted.
    #[must_use]
    pub const fn new(max_bytes: usize) -> Self {
        let kept = Kept {
            oldest: ptr::null_mut(),
            newest: ptr::null_mut(),
            blocks: 0,
            bytes: 0,
            evicted: 0,
        };
        Self { locked: AtomicBool::new(false), kept: UnsafeCell::new(kept), max_bytes }
    }

    /// Returns how many of the kept blocks hold the bytes.
    ///
    /// A needle that is itself built on the heap and freed is found like any other copy: take a
    /// literal.
    ///
    /// # Panics
    ///
    /// When this value is not the binary's global allocator (nothing would ever be found), or when
    /// the needle is empty.
    pub fn scan(&self, needle: &[u8]) -> usize {
        assert!(!needle.is_empty(), "an empty needle is in every block");
        let before = self.with(|kept| kept.blocks.wrapping_add(kept.evicted));
        drop(black_box(Box::new(black_box(1_u8))));
        let after = self.with(|kept| kept.blocks.wrapping_add(kept.evicted));
        assert!(
            before != after,
            "nothing is kept: this value is not the `#[global_allocator]` of the binary"
        );
        self.with(|kept| {
            let mut found: usize = 0;
            let mut at = kept.oldest;
            while !at.is_null() {
                // SAFETY: every link points to a trailer written by `keep` and not yet released.
                let trailer = unsafe { &*at };
                found = found.saturating_add(usize::from(trailer.holds(needle)));
                at = trailer.newer;
            }
            found
        })
    }

    /// Returns how many blocks were given back to the system because the bound was reached.
    ///
    /// A scan proves something about every freed block only while this is 0.
    pub fn evicted(&self) -> usize {
        self.with(|kept| kept.evicted)
    }

    /// Gives all kept blocks back to the system and starts the count of evicted ones anew.
    pub fn clear(&self) {
        self.with(|kept| {
            while !kept.oldest.is_null() {
                kept.release_oldest();
            }
            kept.evicted = 0;
        });
    }

    /// Runs the work alone. It must not allocate: the allocator would wait for itself.
    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        while self
            .locked
            .compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            spin_loop();
        }
        let _unlock = Unlock(&self.locked);
        // SAFETY: the flag was taken above, so no other reference exists until `_unlock` drops.
        work(unsafe { &mut *self.kept.get() })
    }
}

impl fmt::Debug for FreedBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (blocks, bytes) = self.with(|kept| (kept.blocks, kept.bytes));
        f.debug_struct("FreedBlocks").field("blocks", &blocks).field("bytes", &bytes).finish()
    }
}

// SAFETY: a block comes from `System` with room for a trailer behind it, goes back to `System` with
// the same enlarged layout, and is not given out again in between.
unsafe impl GlobalAlloc for FreedBlocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that a scan never reads memory that was not written.
        // SAFETY: the same contract.
        unsafe { self.alloc_zeroed(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match with_trailer(layout) {
            // SAFETY: the enlarged layout is never of size 0.
            Some((enlarged, _)) => unsafe { System.alloc_zeroed(enlarged) },
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // A block exists only if the same sum succeeded when it was allocated.
        let Some((_, offset)) = with_trailer(layout) else { return };
        // SAFETY: the system block is `offset + size_of::<Trailer>()` bytes long.
        let behind = unsafe { block.add(offset) };
        #[expect(clippy::cast_ptr_alignment, reason = "`Layout::extend` aligned the offset")]
        let at = behind.cast::<Trailer>();
        // SAFETY: `at` is aligned for a trailer and inside the block, whose owner is gone.
        unsafe { at.write(Trailer { newer: ptr::null_mut(), block, layout }) };
        self.with(|kept| kept.keep(at, layout.size(), self.max_bytes));
    }
}

impl Kept {
    fn keep(&mut self, at: *mut Trailer, size: usize, max_bytes: usize) {
        if self.newest.is_null() {
            self.oldest = at;
        } else {
            // SAFETY: `newest` is a trailer written by `dealloc` and not yet released.
            unsafe { (*self.newest).newer = at };
        }
        self.newest = at;
        self.blocks = self.blocks.saturating_add(1);
        self.bytes = self.bytes.saturating_add(size);
        while self.bytes > max_bytes {
            self.release_oldest();
            self.evicted = self.evicted.saturating_add(1);
        }
    }

    fn release_oldest(&mut self) {
        // SAFETY: called only while a block is kept; `oldest` is then its trailer.
        let Trailer { newer, block, layout } = unsafe { self.oldest.read() };
        self.oldest = newer;
        if newer.is_null() {
            self.newest = newer;
        }
        self.blocks = self.blocks.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(layout.size());
        if let Some((enlarged, _)) = with_trailer(layout) {
            // SAFETY: `block` came from `System` with this enlarged layout and is linked no more.
            unsafe { System.dealloc(block, enlarged) };
        }
    }
}

impl Trailer {
    fn holds(&self, needle: &[u8]) -> bool {
        let Some(last) = self.layout.size().checked_sub(needle.len()) else { return false };
        (0..=last).any(|start| {
            // SAFETY: `start + needle.len() <= size`, so the range lies inside the kept block.
            let from = unsafe { self.block.add(start) };
            needle.iter().enumerate().all(|(at, byte)| {
                // SAFETY: as above, `at < needle.len()`.
                let place = unsafe { from.add(at) };
                // SAFETY: the byte is readable; volatile, since the program had its last word on
                // it when it freed the block and the compiler must not conclude from that.
                let found = unsafe { place.read_volatile() };
                found == *byte
            })
        })
    }
}

struct Unlock<'a>(&'a AtomicBool);

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn with_trailer(layout: Layout) -> Option<(Layout, usize)> {
    layout.extend(Layout::new::<Trailer>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The unit tests' binary runs on the system's allocator.
    #[test]
    #[should_panic(expected = "nothing is kept")]
    fn a_scan_without_the_allocator_panics_instead_of_finding_nothing() {
        FreedBlocks::new(1024).scan(b"secret");
    }
}
