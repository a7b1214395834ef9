//! An attacker who guesses passwords under a flood of keys that is to make the limiter forget.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_ratelimit::Quota;
use palisade_ratelimit::quota::{Gcra, Meter, Step};
use palisade_ratelimit::store::{MemoryStore, Overflow};

use crate::memory::{admits, ask};

const LOGIN: Quota = Quota::per_minute(5);
const KEYS: usize = 480;
const SECONDS: u64 = 600;
/// 5 at once and one each 12 s.
const IDEAL: usize = 55;

/// A flood: new keys a second, and how often each is used.
const FLOODS: &[(u128, usize)] = &[(0, 1), (10, 1), (70, 1), (700, 1), (150, 5)];

/// Guesses that pass, of ten a second, while the flood goes on.
fn guesses(flood: (u128, usize), mut admits: impl FnMut(u128, u64) -> bool) -> usize {
    let (mut passed, mut fresh) = (0, 1_u128);
    for tenth in 0..SECONDS * 10 {
        let milli = tenth * 100;
        passed += usize::from(admits(0, milli));
        for _ in 0..flood.0 / 10 {
            for _ in 0..flood.1 {
                admits(fresh, milli);
            }
            fresh += 1;
        }
    }
    passed
}

fn through_memory(flood: (u128, usize)) -> usize {
    let clock = ManualClock::new();
    let store = MemoryStore::with_bytes(KEYS / 6 * 64).unwrap().with_clock(clock.clone());
    let mut last = 0;
    guesses(flood, |key, milli| {
        clock.advance(Duration::from_millis(milli - last));
        last = milli;
        admits(&store, ask(key, LOGIN).overflow(Overflow::Strict))
    })
}

/// The same arithmetic in a map that forgets who came first.
fn through_a_bounded_map(flood: (u128, usize)) -> usize {
    let Some(Meter::Bucket(gcra)) = LOGIN.meter() else { panic!("a bucket") };
    let gcra = Gcra::new(gcra.interval(), gcra.burst());
    let (mut map, mut order) = (HashMap::<u128, u64>::new(), VecDeque::new());
    guesses(flood, |key, milli| {
        let now = 1 + milli * 1_000_000;
        let tat = map.get(&key).copied().unwrap_or(0);
        let Step::Admitted { tat } = gcra.decide(tat, now, 1) else { return false };
        if map.insert(key, tat).is_none() {
            order.push_back(key);
            if order.len() > KEYS {
                map.remove(&order.pop_front().unwrap());
            }
        }
        true
    })
}

#[test]
fn a_flood_of_keys_buys_no_guesses() {
    for flood in FLOODS {
        let passed = through_memory(*flood);
        assert!(passed <= IDEAL, "{passed} guesses under {flood:?}");
        assert!(passed >= IDEAL - 2, "{passed} guesses under {flood:?}: the owner is shut out");
    }
}

#[test]
fn the_same_flood_buys_thousands_where_the_oldest_key_is_forgotten() {
    assert!(through_a_bounded_map((0, 1)) <= IDEAL);
    let passed = through_a_bounded_map((700, 1));
    assert!(passed > 3000, "{passed} guesses");
}
