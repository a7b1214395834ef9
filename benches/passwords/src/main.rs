//! `cargo run --release -p passwords [-- --json]`: a sign-in, the policy, the blocklist.

mod hashing;
mod policy;

#[path = "../../../crates/passwords/src/filter.rs"]
#[allow(dead_code, reason = "the room of the crate, which it does not publish")]
mod filter;

use harness::{Effort, Shape};
use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const SHAPES: &[Shape] = &[
    Shape {
        name: "19456/2/1, fresh is mapped anew",
        contestants: hashing::mapped,
        effort: Effort::MILLIS,
    },
    Shape {
        name: "19456/2/1, fresh is cached by malloc",
        contestants: hashing::cached,
        effort: Effort::MILLIS,
    },
    Shape {
        name: "policy, 8 characters",
        contestants: || policy::check(8),
        effort: Effort::MICROS,
    },
    Shape {
        name: "policy, 23 characters",
        contestants: || policy::check(23),
        effort: Effort::MICROS,
    },
    Shape {
        name: "policy, 64 characters",
        contestants: || policy::check(64),
        effort: Effort::MICROS,
    },
    Shape {
        name: "policy, 1023 characters",
        contestants: || policy::check(1023),
        effort: Effort::MICROS,
    },
    Shape { name: "blocklist look-up", contestants: policy::lookup, effort: Effort::NANOS },
];

fn main() {
    harness::main("passwords", SHAPES);
}
