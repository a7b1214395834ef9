//! `cargo run --release -p passwords [-- --json]`: a sign-in, a flood of them, the policy, the
//! blocklist, the leak guard; and whether an unknown name can be told by its time.

mod flood;
mod hashing;
mod leaks;
mod policy;
mod unknown;

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
    Shape { name: "leak guard, 16 KiB of JSON", contestants: leaks::json, effort: Effort::MICROS },
    Shape {
        name: "200 sign-ins at once: p99 lateness of a 5 ms timer",
        contestants: flood::lateness,
        effort: Effort::SECONDS,
    },
    Shape { name: "blocklist look-up", contestants: policy::lookup, effort: Effort::NANOS },
];

fn main() {
    harness::main("passwords", SHAPES);
    let json = std::env::args().any(|argument| argument == "--json");
    if !json && harness::is_chosen("unknown name") {
        print!("\n{}", unknown::table());
    }
}
