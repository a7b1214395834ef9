//! Every interleaving of two threads on one line of the table (with up to three preemptions).
//!
//! Run with `cargo xtask test --only loom`.
//! The models must be able to fail: `a_table_that_looks_and_then_writes_is_caught` runs the same
//! scenario on a cell that reads, decides and writes without a compare-and-swap, and passes because
//! loom finds the interleaving that breaks it.
#![cfg(palisade_loom)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a model fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use palisade_core::ManualClock;
use palisade_ratelimit::quota::{Gcra, Step};
use palisade_ratelimit::store::{Act, Ask, MemoryStore, Overflow, RuleId, Store, Subject};
use palisade_ratelimit::{Quota, quota::Meter};

const ONE: Quota = Quota::per_hour(1);

fn ask(subject: u128, quota: Quota) -> Ask {
    let hash = (subject + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let meter = quota.meter().unwrap();
    Ask::new(Subject::from_hash(hash), RuleId::of("rule", 0), meter).overflow(Overflow::Strict)
}

/// Two lines, some keys in them.
fn store(keys: std::ops::Range<u128>) -> Arc<MemoryStore> {
    let store = MemoryStore::with_bytes(128).unwrap().with_clock(ManualClock::new());
    for key in keys {
        store.decide_now(&[ask(key, ONE)], Act::Charge).unwrap();
    }
    Arc::new(store)
}

fn admits(store: &MemoryStore, list: &[Ask]) -> usize {
    usize::from(store.decide_now(list, Act::Charge).unwrap().is_admitted())
}

/// Two threads charge, in every order; returns nothing but what `judge` thinks of the count.
fn race(
    keys: std::ops::Range<u128>,
    one: &'static [(u128, Quota)],
    two: &'static [(u128, Quota)],
    judge: fn(usize, &MemoryStore),
) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.max_branches = 100_000;
    model.check(move || {
        let store = store(keys.clone());
        let run = |asks: &'static [(u128, Quota)], store: Arc<MemoryStore>| {
            asks.iter().map(|(key, quota)| admits(&store, &[ask(*key, *quota)])).sum::<usize>()
        };
        let shared = Arc::clone(&store);
        let other = thread::spawn(move || run(two, shared));
        let admitted = run(one, Arc::clone(&store)) + other.join().unwrap();
        judge(admitted, &store);
    });
}

#[test]
fn two_threads_bring_in_one_key_and_one_of_them_gets_it() {
    race(1..4, &[(9, ONE)], &[(9, ONE)], |admitted, store| {
        assert_eq!(admitted, 1, "of one key");
        assert_eq!(admits(store, &[ask(9, ONE)]), 0, "and no more later");
    });
}

#[test]
fn two_threads_charge_one_key_that_is_there() {
    const TWO: Quota = Quota::per_hour(2);
    race(0..0, &[(9, TWO), (9, TWO)], &[(9, TWO)], |admitted, _| assert_eq!(admitted, 2));
}

#[test]
fn two_newcomers_of_a_full_table_owe_what_the_forgotten_did() {
    race(0..12, &[(20, ONE)], &[(21, ONE)], |admitted, store| {
        // All owe an hour, so a newcomer owes it too: nobody passes, and nobody is forgotten.
        assert_eq!(admitted, 0);
        for key in 0..12 {
            assert_eq!(admits(store, &[ask(key, ONE)]), 0, "key {key} came back with less");
        }
    });
}

#[test]
fn a_key_that_is_pushed_out_while_it_is_charged_comes_back_with_what_it_owes() {
    const TWO: Quota = Quota::per_hour(2);
    // Eleven keys that owe all, one that owes half: the newcomer pushes that one out.
    race(0..11, &[(50, TWO), (50, TWO)], &[(60, TWO)], |_, store| {
        let later = (0..3).map(|_| admits(store, &[ask(50, TWO)])).sum::<usize>();
        assert_eq!(later, 0, "two were taken or refused already");
    });
}

#[test]
fn two_requests_with_two_rules_take_all_or_nothing() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.max_branches = 100_000;
    model.check(|| {
        let clock = ManualClock::new();
        let store = MemoryStore::with_bytes(128).unwrap().with_clock(clock.clone());
        let store = Arc::new(store);
        let shared = Arc::clone(&store);
        let run =
            |store: &MemoryStore, order: [u128; 2]| admits(store, &order.map(|key| ask(key, ONE)));
        let other = thread::spawn(move || run(&shared, [2, 1]));
        let admitted = run(&store, [1, 2]) + other.join().unwrap();
        assert!(admitted <= 1, "{admitted}");
        // Both may have stood in each other's way; then nothing is taken.
        // A newcomer that was pushed out by the other owes a tick or two, and nothing more.
        clock.advance(Duration::from_millis(1));
        let later = [1, 2].map(|key| admits(&store, &[ask(key, ONE)]));
        assert_eq!(later, [1 - admitted; 2]);
    });
}

/// The planted mistake: the same arithmetic between a load and a store.
#[test]
#[should_panic(expected = "2 of one")]
fn a_table_that_looks_and_then_writes_is_caught() {
    fn racy(cell: &AtomicU64) -> usize {
        let Some(Meter::Bucket(gcra)) = ONE.meter() else { panic!("a bucket") };
        let gcra: Gcra = gcra;
        match gcra.decide(cell.load(Ordering::SeqCst), 1, 1) {
            Step::Admitted { tat } => {
                cell.store(tat, Ordering::SeqCst);
                1
            }
            Step::Early { .. } | Step::Never => 0,
        }
    }
    loom::model(|| {
        let cell = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&cell);
        let other = thread::spawn(move || racy(&shared));
        let admitted = racy(&cell) + other.join().unwrap();
        assert!(admitted <= 1, "{admitted} of one");
    });
}
