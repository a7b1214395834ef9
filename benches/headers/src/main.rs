//! `cargo run --release -p headers [-- --json]`: headers, nonces and cross-site checks.
//!
//! Everybody wraps the same service, which answers at once with two headers; a call is one request
//! through it, its making included.

mod contestants;
mod cross_site;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() {
    let shapes = [contestants::SHAPES, cross_site::SHAPES].concat();
    harness::main("headers", &shapes);
}
