//! Whether the time of a sign-in tells that there is no such account: a two-sample test.

use std::fmt::Write;

use harness::cpu_nanos;
use palisade_passwords::{Arena, Attempt, Candidate, Context, OsRandom, Params, Policy, Scheme};

/// Samples of each kind for a table.
const SAMPLES: usize = 2000;

/// Kinds of hashes as tables hold them after some years, small ones so that many can be computed.
const KINDS: [(u32, u32); 6] = [(1024, 2), (512, 2), (2048, 1), (256, 8), (1536, 3), (64, 2)];

struct Table {
    scheme: Scheme,
    rows: Vec<String>,
}

impl Table {
    fn new(kinds: usize, decoys: bool) -> Self {
        let params = |(memory, passes)| Params::insecure_new(memory, passes, 1).expect("small");
        let (mut arena, random) = (Arena::new(), OsRandom::new());
        let policy = Policy::asvs5();
        let typed = Candidate::from("red bicycles under snow");
        let rows: Vec<String> = KINDS[..kinds]
            .iter()
            .map(|kind| {
                let accepted = policy.check(&typed, &Context::new()).expect("accepted");
                let scheme = Scheme::new(params(*kind)).expect("a scheme");
                scheme.hash(&accepted, &mut arena, &random).expect("a hash")
            })
            .collect();
        let mut scheme = Scheme::new(params(KINDS[0])).expect("a scheme");
        if decoys {
            scheme = scheme.with_decoys([7; 32], rows.iter().map(String::as_str));
        }
        Self { scheme, rows }
    }

    /// CPU times of wrong passwords and of unknown names, taken in turns.
    fn times(&self) -> [Vec<f64>; 2] {
        let (mut arena, random) = (Arena::new(), OsRandom::new());
        let mut times = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
        for number in 0..SAMPLES + 20 {
            let stored = Some(self.rows[number % self.rows.len()].as_str());
            for (stored, times) in [stored, None].into_iter().zip(&mut times) {
                let name = format!("user{number}");
                let candidate = Candidate::from("a guess");
                let nanos = cpu_nanos(|| {
                    let attempt = Attempt::new(&name).stored(stored);
                    let verdict = self.scheme.verify(&attempt, &candidate, &mut arena, &random);
                    assert!(!verdict.is_verified(), "a wrong password");
                });
                // The first ones fill the arena.
                if number >= 20 {
                    times.push(nanos);
                }
            }
        }
        for of_class in &mut times {
            of_class.sort_by(f64::total_cmp);
        }
        times
    }
}

/// The largest distance of the two distributions (Kolmogorov and Smirnov).
fn distance([one, other]: &[Vec<f64>; 2]) -> f64 {
    let share = |times: &[f64], limit: f64| {
        let below = times.partition_point(|time| *time <= limit);
        f64::from(u32::try_from(below).unwrap_or(u32::MAX)) / count(times)
    };
    let limits = one.iter().chain(other);
    limits.map(|limit| (share(one, *limit) - share(other, *limit)).abs()).fold(0.0, f64::max)
}

/// Welch's t of the times up to the 95th percentile of both, as dudect crops them.
fn welch([one, other]: &[Vec<f64>; 2]) -> f64 {
    let limit = one[one.len() * 95 / 100].max(other[other.len() * 95 / 100]);
    let moments = |times: &[f64]| {
        let times: Vec<f64> = times.iter().copied().filter(|time| *time <= limit).collect();
        let mean = times.iter().sum::<f64>() / count(&times);
        let squares = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>();
        (mean, squares / (count(&times) - 1.0) / count(&times))
    };
    let ((mean, variance), (other_mean, other_variance)) = (moments(one), moments(other));
    (mean - other_mean) / (variance + other_variance).sqrt()
}

fn count(times: &[f64]) -> f64 {
    f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX))
}

/// A row for each number of kinds, and one that shows what the test sees without decoys.
pub(crate) fn table() -> String {
    // Exceeded once in a thousand tables whose times are alike.
    let critical = 1.949 * (2.0 / count(&vec![0.0; SAMPLES])).sqrt();
    let mut text = format!(
        "An unknown name beside a wrong password, {SAMPLES} sign-ins of each by turns, CPU time; alike when\n\
         |t| < 4.5 and D < {critical:.3}:\n\n\
         | kinds of hashes in the table | decoys | t (Welch) | D (Kolmogorov-Smirnov) | can be told |\n\
         |---|---|---|---|---|\n"
    );
    let tables = (1..=KINDS.len()).map(|kinds| (kinds, true)).chain([(KINDS.len(), false)]);
    for (kinds, decoys) in tables {
        let times = Table::new(kinds, decoys).times();
        let (t, d) = (welch(&times), distance(&times));
        let told = if t.abs() < 4.5 && d < critical { "no" } else { "yes" };
        let decoys = if decoys { "of the table" } else { "of new hashes" };
        let _ = writeln!(text, "| {kinds} | {decoys} | {t:.2} | {d:.3} | {told} |");
    }
    text
}
