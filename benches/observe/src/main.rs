//! `cargo run --release -p observe [-- --json]`: lines of JSON, the request log, metrics, redaction.
//!
//! Lines go to a place that takes and drops them; a call of `lines` is sixteen events in one span. A
//! request goes through a service that answers at once, its making included.

mod lines;
mod metrics;
mod redact;
mod requests;

use palisade_testkit::alloc::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() {
    let shapes = [lines::SHAPES, requests::SHAPES, metrics::SHAPES, redact::SHAPES].concat();
    harness::main("observe", &shapes);
}
