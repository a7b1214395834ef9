//! `cargo run --release -p edge [-- --json]`: telling the client's address, interleaved in one
//! process, as CPU time of the thread; allocations are exact.
//!
//! Everybody starts from the same request as a server hands it over and ends with an `IpAddr`.

mod clock;
mod contestants;
mod table;

use palisade_testkit::alloc::{CountingAllocator, count};

use contestants::{Contestant, SHAPES};
use table::{Figure, Row};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// Rounds of A/B/A/B; each gives one sample per contestant.
const ROUNDS: usize = 301;
/// Calls in one sample.
const CALLS: u32 = 4000;

fn main() {
    let json = std::env::args().any(|argument| argument == "--json");
    let rows: Vec<Row> = SHAPES
        .iter()
        .map(|shape| {
            let contestants = (shape.contestants)();
            let mut samples = vec![Vec::with_capacity(ROUNDS); contestants.len()];
            for _ in 0..ROUNDS {
                for (contestant, samples) in contestants.iter().zip(&mut samples) {
                    samples.push(sample(contestant));
                }
            }
            let figures = contestants
                .iter()
                .zip(samples)
                .map(|(contestant, samples)| Figure::new(contestant, samples))
                .collect();
            Row { shape: shape.name, figures }
        })
        .collect();
    print!("{}", if json { table::json(&rows) } else { table::markdown(&rows) });
}

/// Nanoseconds of CPU for one call.
fn sample(contestant: &Contestant) -> f64 {
    let before = clock::thread_cpu_nanos();
    for _ in 0..CALLS {
        (contestant.run)();
    }
    let nanos = clock::thread_cpu_nanos().saturating_sub(before);
    #[allow(clippy::cast_precision_loss, reason = "a sample is far below 2^52 ns")]
    let nanos = nanos as f64;
    nanos / f64::from(CALLS)
}

/// Allocations of one call, after a first one.
fn allocations(contestant: &Contestant) -> u64 {
    (contestant.run)();
    count(|| (contestant.run)()).allocations
}
