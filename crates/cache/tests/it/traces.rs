//! How often what is asked for is there, on traces that are the same each time.

use std::sync::Arc;

use palisade_cache::Cache;
use palisade_resilience::Dice;

const KEYS: u64 = 20_000;
const ROOM: usize = 2000;
const READS: usize = 200_000;

/// Draws by Zipf's law, in an order that has nothing to do with the numbers.
struct Zipf {
    sums: Vec<f64>,
    dice: Dice,
}

impl Zipf {
    fn new(exponent: f64) -> Self {
        let mut sum = 0.0;
        let weights = (1..=KEYS).map(|rank| (rank as f64).powf(-exponent));
        let sums = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self { sums: sums.collect(), dice: Dice::seeded(42) }
    }

    fn draw(&self) -> u64 {
        let at = self.dice.roll() as f64 / u64::MAX as f64 * self.sums[self.sums.len() - 1];
        // A prime that is no divisor: every rank has a key of its own.
        self.sums.partition_point(|sum| *sum < at) as u64 * 7919 % KEYS
    }
}

/// The traces on which caches differ, by name.
fn traces() -> [(&'static str, Vec<u64>); 4] {
    let (plain, flat) = (Zipf::new(0.9), Zipf::new(0.8));
    let mut once = KEYS..;
    let mut new = || once.next().unwrap();
    let zipf: Vec<u64> = (0..READS).map(|_| plain.draw()).collect();
    // After each stretch somebody goes through everything once.
    let scans = zipf.chunks(4000).flat_map(|part| {
        let scan: Vec<u64> = (0..ROOM).map(|_| new()).collect();
        part.iter().copied().chain(scan).collect::<Vec<_>>()
    });
    let scans = scans.collect();
    let shifting = zipf.iter().enumerate();
    let shifting = shifting.map(|(at, key)| (key + (at / 40_000) as u64 * 2667) % KEYS).collect();
    let wonders = (0..READS).map(|_| if plain.dice.roll() % 10 < 4 { new() } else { flat.draw() });
    let wonders = wonders.collect();
    [("zipf", zipf), ("scans", scans), ("shifting", shifting), ("one-hit wonders", wonders)]
}

/// Hits in percent.
fn ratio(trace: &[u64], mut is_there: impl FnMut(u64) -> bool) -> f64 {
    let hits = trace.iter().filter(|key| is_there(**key)).count();
    hits as f64 * 100.0 / trace.len() as f64
}

#[test]
fn as_often_as_in_the_engine_what_is_asked_for_is_there() {
    for (name, trace) in traces() {
        let ours = Cache::<u64, u64>::builder("trace").entries(ROOM).unwrap().build();
        let ours = ratio(&trace, |key| {
            let found = ours.get(&key).is_some();
            if !found {
                drop(ours.set(&key, key));
            }
            found
        });
        let engine = quick_cache::sync::Cache::<u64, Arc<u64>>::new(ROOM);
        let engine = ratio(&trace, |key| {
            let found = engine.get(&key).is_some();
            if !found {
                engine.insert(key, Arc::new(key));
            }
            found
        });
        let mut oldest = std::collections::VecDeque::new();
        let mut queue = std::collections::HashSet::new();
        let queue = ratio(&trace, |key| {
            let found = !queue.insert(key);
            if !found {
                oldest.push_back(key);
                if oldest.len() > ROOM {
                    queue.remove(&oldest.pop_front().unwrap());
                }
            }
            found
        });
        println!("{name}: {ours:.2} %, {engine:.2} % in the engine, {queue:.2} % in a queue");
        assert!(ours >= engine - 0.3, "{name}: {ours:.2} for {engine:.2}");
        assert!(ours > queue, "{name}: {ours:.2} for {queue:.2}");
    }
}
