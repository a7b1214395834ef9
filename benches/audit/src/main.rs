//! `cargo run --release -p audit [-- --json]`: what an event costs from the call to the file, how many are
//! durable in a time, how fast a log is checked and how far down a page of events costs the same.
//!
//! Figures are for one event (or one page). CPU is that of all threads of the process; the peer's events
//! are in the file when its guard has gone, not synced.

mod acks;
mod record;
mod search;

use std::time::Duration;

use harness::{Effort, Shape};
use palisade_testkit::alloc::CountingAllocator;
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const SHAPES: &[Shape] = &[
    Shape {
        name: "record, CPU of all threads",
        contestants: record::processor,
        effort: Effort::MILLIS,
    },
    Shape { name: "record, time", contestants: record::time, effort: Effort::MILLIS },
    Shape { name: "acknowledged", contestants: acks::callers, effort: Effort::MILLIS },
    Shape { name: "verify", contestants: search::verify, effort: Effort::MILLIS },
    Shape { name: "page of 50 events", contestants: search::page, effort: Effort::MICROS },
];

fn main() {
    harness::main("audit", SHAPES);
}

/// CPU time of the whole process.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
