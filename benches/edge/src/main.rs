//! `cargo run --release -p edge [-- --json]`: telling the client's address.
//!
//! Everybody starts from the same request as a server hands it over and ends with an `IpAddr`.

mod contestants;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() {
    harness::main("edge/client_ip", contestants::SHAPES);
}
