//! What every bench does: contestants run A/B/A/B in one process, a sample each per round, as CPU
//! time of the thread; allocations are exact.
//!
//! A bench names its crate and its shapes and calls [`main`]; its binary has
//! [`CountingAllocator`](palisade_testkit::alloc::CountingAllocator) as global allocator.

mod clock;
mod table;

use palisade_testkit::alloc::count;

use table::{Figure, Row};

/// One way to do it, on an input that is prepared.
pub struct Contestant {
    name: &'static str,
    run: Box<dyn FnMut()>,
}

impl Contestant {
    /// Names who runs; `run` is one call.
    pub fn new(name: &'static str, run: impl FnMut() + 'static) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// A kind of input and everybody who takes it; the first is ours.
#[derive(Clone, Copy)]
pub struct Shape {
    /// What the table calls it.
    pub name: &'static str,
    /// Prepares everybody.
    pub contestants: fn() -> Vec<Contestant>,
    /// How much is measured of each.
    pub effort: Effort,
}

/// How often everybody is called.
#[derive(Clone, Copy)]
pub struct Effort {
    rounds: usize,
    calls: u32,
}

impl Effort {
    /// For calls of nanoseconds: 301 rounds of 4000 calls.
    pub const NANOS: Self = Self { rounds: 301, calls: 4000 };
    /// For calls of microseconds: 101 rounds of 50 calls.
    pub const MICROS: Self = Self { rounds: 101, calls: 50 };
    /// For calls of milliseconds: 31 rounds of one call.
    pub const MILLIS: Self = Self { rounds: 31, calls: 1 };
}

/// Runs all and prints a Markdown table, or with `--json` an array of figures.
pub fn main(bench: &str, shapes: &[Shape]) {
    let json = std::env::args().any(|argument| argument == "--json");
    let rows: Vec<Row> = shapes.iter().map(measure).collect();
    print!("{}", if json { table::json(bench, &rows) } else { table::markdown(&rows) });
}

fn measure(shape: &Shape) -> Row {
    let mut contestants = (shape.contestants)();
    let mut samples = vec![Vec::with_capacity(shape.effort.rounds); contestants.len()];
    for _ in 0..shape.effort.rounds {
        for (contestant, samples) in contestants.iter_mut().zip(&mut samples) {
            samples.push(sample(contestant, shape.effort.calls));
        }
    }
    let figures = contestants
        .iter_mut()
        .zip(samples)
        .map(|(contestant, samples)| Figure::new(contestant.name, samples, allocations(contestant)))
        .collect();
    Row { shape: shape.name, figures }
}

/// Nanoseconds of CPU for one of as many calls.
fn sample(contestant: &mut Contestant, calls: u32) -> f64 {
    let before = clock::thread_cpu_nanos();
    for _ in 0..calls {
        (contestant.run)();
    }
    let nanos = clock::thread_cpu_nanos().saturating_sub(before);
    #[allow(clippy::cast_precision_loss, reason = "a sample is far below 2^52 ns")]
    let nanos = nanos as f64;
    nanos / f64::from(calls)
}

/// Allocations of one call, after a first one.
fn allocations(contestant: &mut Contestant) -> u64 {
    (contestant.run)();
    count(|| (contestant.run)()).allocations
}
