//! What every bench does: contestants run A/B/A/B in one process, a sample each per round, as CPU
//! time of the thread; allocations are exact.
//!
//! A bench names its crate and its shapes and calls [`main`]; its binary has
//! [`CountingAllocator`](palisade_testkit::alloc::CountingAllocator) as global allocator.

mod clock;
mod table;

use std::time::Duration;

use palisade_testkit::alloc::count;

use table::{Figure, Row};

/// One way to do it, on an input that is prepared.
pub struct Contestant {
    name: &'static str,
    run: Run,
}

enum Run {
    Measured(Box<dyn FnMut()>),
    Measuring(Box<dyn FnMut() -> Duration>),
}

impl Contestant {
    /// Names who runs; `run` is one call.
    pub fn new(name: &'static str, run: impl FnMut() + 'static) -> Self {
        Self { name, run: Run::Measured(Box::new(run)) }
    }

    /// Names who runs and measures itself, such as a delay that it causes; its allocations are not
    /// counted.
    pub fn measuring(name: &'static str, run: impl FnMut() -> Duration + 'static) -> Self {
        Self { name, run: Run::Measuring(Box::new(run)) }
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
    /// For calls of seconds: 3 rounds of one call.
    pub const SECONDS: Self = Self { rounds: 3, calls: 1 };
}

/// Runs all and prints a Markdown table, or with `--json` an array of figures; further arguments
/// choose the shapes whose name holds one of them.
pub fn main(bench: &str, shapes: &[Shape]) {
    let json = std::env::args().any(|argument| argument == "--json");
    let rows: Vec<Row> = shapes.iter().filter(|shape| is_chosen(shape.name)).map(measure).collect();
    print!("{}", if json { table::json(bench, &rows) } else { table::markdown(&rows) });
}

/// Returns whether the arguments choose this name: one of them is a part of it, or there are none.
#[must_use]
pub fn is_chosen(name: &str) -> bool {
    let parts: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    parts.is_empty() || parts.iter().any(|part| name.contains(part.as_str()))
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

/// Nanoseconds for one of as many calls: of CPU, or what the contestant says.
fn sample(contestant: &mut Contestant, calls: u32) -> f64 {
    let nanos = match &mut contestant.run {
        Run::Measured(run) => cpu_nanos(|| (0..calls).for_each(|_| run())),
        Run::Measuring(run) => (0..calls).map(|_| nanos(run())).sum(),
    };
    nanos / f64::from(calls)
}

/// Nanoseconds of CPU that this thread needs for the work.
pub fn cpu_nanos(work: impl FnOnce()) -> f64 {
    let before = clock::thread_cpu_nanos();
    work();
    nanos(Duration::from_nanos(clock::thread_cpu_nanos().saturating_sub(before)))
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// Allocations of one call, after a first one.
fn allocations(contestant: &mut Contestant) -> Option<u64> {
    let Run::Measured(run) = &mut contestant.run else { return None };
    run();
    Some(count(run).allocations)
}
