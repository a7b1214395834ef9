//! `cargo run --release -p input-validation [-- --json]`: a sign-up of eight fields, from a request or
//! its bytes to a value that keeps its rules, or to the bytes of a refusal; Markdown; files in folders.

mod contestants;
mod folders;
mod forms;
mod markup;
mod requests;

use std::hint::black_box;

use harness::Contestant;
use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() {
    harness::main("input-validation", contestants::SHAPES);
}

fn contestant<T>(name: &'static str, run: impl Fn() -> T + 'static) -> Contestant {
    Contestant::new(name, move || drop(black_box(run())))
}
