//! Global allocators that count what code allocates and keep what it frees.
//!
//! A test binary installs one of them:
//!
//! ```
//! use palisade_testkit::alloc::{CountingAllocator, count};
//!
//! #[global_allocator]
//! static ALLOCATOR: CountingAllocator = CountingAllocator::new();
//!
//! let cost = count(|| vec![0_u8; 100]);
//! assert_eq!((cost.allocations, cost.bytes), (1, 100));
//! assert_eq!(cost.deallocations, 0); // what the closure returns is dropped after the count
//! ```

mod counting;
mod freed;

pub use counting::{Allocations, CountingAllocator, count, count_async, count_returning};
pub use freed::FreedBlocks;
