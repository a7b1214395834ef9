//! `cargo run --release -p input-validation [-- --json]`: a sign-up of eight fields, from bytes to a
//! value that keeps its rules, or to the bytes of a refusal.

mod contestants;
mod forms;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() {
    harness::main("input-validation/signup", contestants::SHAPES);
}
