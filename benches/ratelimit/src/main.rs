//! `cargo run --release -p ratelimit [-- --json]`: deciding on one key, and a layer around a service
//! that answers at once.
//!
//! Keys are IPv6 addresses: governor's are whole, ours are cut to their /64 and hashed. Everybody
//! reads a clock, each its own. Requests are made for each call, so `no layer` is in every figure.

mod checks;
mod layers;

use harness::{Effort, Shape};
use palisade_testkit::alloc::CountingAllocator;
use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const SHAPES: &[Shape] = &[
    Shape { name: "check, 1k keys", contestants: checks::few, effort: Effort::NANOS },
    Shape { name: "check, 1M keys", contestants: checks::many, effort: Effort::NANOS },
    Shape { name: "check, 1M new keys", contestants: checks::new, effort: Effort::NANOS },
    Shape { name: "check, refused", contestants: checks::refused, effort: Effort::NANOS },
    Shape { name: "check, more rules", contestants: checks::rules, effort: Effort::NANOS },
    Shape { name: "layer, no fields", contestants: layers::silent, effort: Effort::NANOS },
    Shape { name: "layer, with fields", contestants: layers::telling, effort: Effort::NANOS },
    Shape { name: "layer, refused", contestants: layers::refused, effort: Effort::MICROS },
];

fn main() {
    // A peer starts a task of its own; no timer runs here.
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _inside = runtime.enter();
    harness::main("ratelimit", SHAPES);
}
