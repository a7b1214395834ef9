//! Hit ratios, on traces that are the same each time: a cache of 10,000 among 100,000 keys.

use std::sync::Arc;

use palisade_cache::Cache;

use crate::keys::Keys;

const KEYS: u64 = 100_000;
const ROOM: usize = 10_000;
const READS: usize = 2_000_000;

/// The traces by name: Zipf's law with exponent 0.9; with a scan of as many new keys as fit after each
/// 20,000 reads; with hot keys that shift every 200,000; and 0.8, with four of ten keys asked for once.
fn traces() -> [(&'static str, Vec<u64>); 4] {
    let mut once = KEYS..;
    let mut new = || once.next().expect("another number");
    let mut zipf = Keys::drawn(KEYS, 0.9, READS);
    let zipf: Vec<u64> = (0..READS).map(|_| zipf.next()).collect();
    let scans = zipf.chunks(20_000).flat_map(|part| {
        let scan: Vec<u64> = (0..ROOM).map(|_| new()).collect();
        part.iter().copied().chain(scan).collect::<Vec<_>>()
    });
    let scans = scans.collect();
    let shifting = zipf.iter().enumerate();
    let shifting =
        shifting.map(|(at, key)| (key + (at / 200_000) as u64 * 13_337) % KEYS).collect();
    let mut flat = Keys::drawn(KEYS, 0.8, READS);
    let wonders = (0..READS).map(|at| if at % 10 < 4 { new() } else { flat.next() }).collect();
    [("Zipf", zipf), ("Zipf and scans", scans), ("shifting", shifting), ("once", wonders)]
}

/// Hits in percent.
#[expect(clippy::cast_precision_loss, reason = "a ratio needs no exact number")]
fn ratio(trace: &[u64], is_there: impl Fn(u64) -> bool) -> f64 {
    let hits = trace.iter().filter(|key| is_there(**key)).count();
    hits as f64 * 100.0 / trace.len() as f64
}

/// Prints a table of hit ratios.
pub(crate) fn print() {
    println!("\n| hits in % | palisade-cache | moka 0.12 sync | quick_cache 0.7 |");
    println!("|---|---|---|---|");
    for (name, trace) in traces() {
        let ours = Cache::<u64, u64>::builder("trace").entries(ROOM).expect("a bound").build();
        let ours = ratio(&trace, |key| {
            ours.get(&key).is_some() || {
                drop(ours.set(&key, key));
                false
            }
        });
        let moka = moka::sync::Cache::new(ROOM as u64);
        let moka = ratio(&trace, |key| {
            moka.get(&key).is_some() || {
                moka.insert(key, Arc::new(key));
                false
            }
        });
        let quick = quick_cache::sync::Cache::new(ROOM);
        let quick = ratio(&trace, |key| {
            quick.get(&key).is_some() || {
                quick.insert(key, Arc::new(key));
                false
            }
        });
        println!("| {name} | {ours:.2} | {moka:.2} | {quick:.2} |");
    }
}
