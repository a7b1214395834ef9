//! The bound: whatever is forgotten, no strict key gets more than its quota, across restarts too.

use std::collections::HashMap;
use std::time::Duration;

use palisade_core::{Clock, ManualClock};
use palisade_ratelimit::Quota;
use palisade_ratelimit::key::KeyHasher;
use palisade_ratelimit::quota::Meter;
use palisade_ratelimit::store::{Act, MemoryStore, Overflow, Store};
use proptest::prelude::*;

use crate::memory::ask;

/// What was admitted for one key: when, in milliseconds, and how much.
type Admitted = HashMap<u128, Vec<(u64, u32)>>;

#[derive(Clone, Debug)]
struct Step {
    key: u128,
    pause: u64,
    cost: u32,
    gives_back: bool,
    restarts: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // A few keys that come again and again, and a flood.
    let key = prop_oneof![2 => 0_u128..4, 5 => 100_u128..400];
    let pause = prop_oneof![6 => Just(0_u64), 2 => 0_u64..3000, 1 => 0_u64..40_000];
    let rare = (prop::bool::weighted(0.1), prop::bool::weighted(0.02));
    let step =
        (key, pause, 1_u32..3, rare).prop_map(|(key, pause, cost, (gives_back, restarts))| Step {
            key,
            pause,
            cost,
            gives_back,
            restarts,
        });
    prop::collection::vec(step, 1..400)
}

fn run(quota: Quota, overflow: Overflow, lines: usize, steps: &[Step]) -> Admitted {
    let clock = ManualClock::new();
    let start = clock.now();
    let new = || MemoryStore::with_bytes(lines * 64).unwrap().with_clock(clock.clone());
    let (mut store, hasher) = (new(), KeyHasher::keyed(&[7; 16]));
    let mut admitted = Admitted::new();
    for step in steps {
        clock.advance(Duration::from_millis(step.pause));
        if step.restarts {
            let before = std::mem::replace(&mut store, new());
            store.restore(&before.snapshot(&hasher), &hasher).unwrap();
        }
        let now = u64::try_from(clock.now().duration_since(start).as_millis()).unwrap();
        let list = [ask(step.key, quota).cost(step.cost).overflow(overflow)];
        if store.decide_now(&list, Act::Charge).unwrap().is_admitted() {
            if step.gives_back {
                assert!(store.refund_now(&list));
            } else {
                admitted.entry(step.key).or_default().push((now, step.cost));
            }
        }
    }
    admitted
}

/// Returns by how much the busiest span of a key is over its bound.
fn excess(quota: Quota, times: &[(u64, u32)]) -> u64 {
    let mut most = 0;
    for (first, (start, _)) in times.iter().enumerate() {
        let mut sum = 0;
        for (at, cost) in &times[first..] {
            sum += u64::from(*cost);
            let allowed = match quota.meter().unwrap() {
                Meter::Bucket(gcra) => {
                    let earned = (at - start) * 1_000_000 / gcra.interval();
                    u64::from(gcra.burst()) + earned
                }
                // Within one window, the whole count; this many windows begin in the span.
                Meter::Strict(tickets) => {
                    let windows = (at - start) * 1_000_000 / tickets.window() + 1;
                    u64::from(tickets.count()) * windows
                }
                other => panic!("{other:?}"),
            };
            most = most.max(sum.saturating_sub(allowed));
        }
    }
    most
}

proptest! {
    #[test]
    fn a_strict_rule_admits_no_more_than_its_quota_under_any_flood(
        steps in steps(), lines in 2_usize..5, strict_window in any::<bool>(),
    ) {
        let quota = if strict_window { Quota::per_minute(3).strict() } else { Quota::per_minute(3) };
        for (key, times) in run(quota, Overflow::Strict, lines, &steps) {
            prop_assert_eq!(excess(quota, &times), 0, "key {}: {:?}", key, times);
        }
    }

    #[test]
    fn a_lenient_rule_keeps_the_bound_while_all_keys_fit(steps in steps()) {
        let quota = Quota::per_minute(3);
        for (key, times) in run(quota, Overflow::Lenient, 1024, &steps) {
            prop_assert_eq!(excess(quota, &times), 0, "key {}: {:?}", key, times);
        }
    }
}

/// The bound is not kept for nothing: without inheritance the same flood breaks it.
#[test]
fn a_lenient_rule_is_washed_out_by_a_flood_that_uses_each_key_up() {
    let quota = Quota::per_minute(3);
    let flood = (0..4000_u128).flat_map(|turn| {
        let keys = std::iter::repeat_n(100 + turn % 300, 3).chain((turn > 20).then_some(0));
        keys.map(|key| Step { key, pause: 0, cost: 1, gives_back: false, restarts: false })
    });
    let flood: Vec<Step> = flood.collect();
    let over =
        |overflow| run(quota, overflow, 2, &flood).get(&0).map_or(0, |times| excess(quota, times));
    let washed = over(Overflow::Lenient);
    assert!(washed > 100, "{washed}");
    assert_eq!(over(Overflow::Strict), 0);
}
