//! Every interleaving of a few threads on one breaker and on one budget.
//!
//! Run with `cargo xtask test --only loom`.
//! The models must be able to fail: `a_breaker_that_loads_and_stores_is_caught` and its twin for the
//! budget run the same scenario on a cell that reads, decides and writes without a
//! compare-and-swap, and pass because loom finds the interleaving that breaks it.
#![cfg(palisade_loom)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a model fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use loom::thread;
use palisade_core::ManualClock;
use palisade_resilience::Dice;
use palisade_resilience::breaker::{
    Breaker, BreakerPolicy, Decision, Event, Outcome, Phase, State,
};
use palisade_resilience::retry::{Balance, Budget, BudgetPolicy};

const OPEN_FOR: Duration = Duration::from_secs(1);

fn policy(probes: u8) -> BreakerPolicy {
    BreakerPolicy::default()
        .failures_in_a_row(1)
        .unwrap()
        .without_failure_ratio()
        .open_for(OPEN_FOR, OPEN_FOR)
        .unwrap()
        .probes(probes, 15)
        .unwrap()
}

/// A breaker that has opened and whose time is over.
fn due(probes: u8) -> Breaker {
    let clock = ManualClock::new();
    let breaker = Breaker::setup("model", policy(probes))
        .with_clock(clock.clone())
        .with_dice(Dice::seeded(1))
        .finish();
    breaker.acquire().unwrap().failure();
    clock.advance(OPEN_FOR * 2);
    breaker
}

/// Racing callers, in every order (of three, in every order with two preemptions): how many are inside at once, and what each does with its permit.
fn race(probes: u8, ends: &'static [Outcome], preemptions: Option<usize>) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.check(move || {
        let breaker = due(probes);
        let inside = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = ends
            .iter()
            .map(|end| {
                let (breaker, inside) = (breaker.clone(), Arc::clone(&inside));
                thread::spawn(move || {
                    let Ok(permit) = breaker.acquire() else { return false };
                    let others = inside.fetch_add(1, Ordering::SeqCst);
                    assert!(others < usize::from(probes), "{} probes at once", others + 1);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    match end {
                        Outcome::Abandoned => drop(permit),
                        end => permit.settle(*end),
                    }
                    true
                })
            })
            .collect();
        let admitted = threads.into_iter().map(|t| t.join().unwrap());
        assert!(admitted.filter(|admitted| *admitted).count() > 0, "nobody may try");
        if ends.contains(&Outcome::Failure) {
            return;
        }
        // No slot is lost: as many as ever can come in now.
        let again: Vec<_> = (0..probes).map(|_| breaker.acquire()).collect();
        assert!(again.iter().all(Result::is_ok), "a slot is lost: {breaker:?}");
        assert!(breaker.acquire().is_err(), "a slot too many: {breaker:?}");
    });
}

#[test]
fn two_callers_race_for_one_probe() {
    race(1, &[Outcome::Success, Outcome::Abandoned], None);
}

#[test]
fn three_callers_race_for_two_probes() {
    race(2, &[Outcome::Abandoned, Outcome::Success, Outcome::Abandoned], Some(2));
}

#[test]
fn a_failing_and_a_succeeding_probe_race() {
    race(2, &[Outcome::Failure, Outcome::Success], None);
}

#[test]
fn a_late_success_races_with_the_failure_that_opens() {
    loom::model(|| {
        let breaker = Breaker::setup("model", policy(1)).with_clock(ManualClock::new()).finish();
        let (early, failing) = (breaker.acquire().unwrap(), breaker.acquire().unwrap());
        let late = thread::spawn(move || early.success());
        failing.failure();
        late.join().unwrap();
        assert_eq!(breaker.phase(), Phase::Open);
    });
}

#[test]
fn two_failures_open_once() {
    loom::model(|| {
        let opened = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        let breaker = Breaker::setup("model", policy(1))
            .with_clock(ManualClock::new())
            .on_transition(move |_| {
                count.fetch_add(1, Ordering::SeqCst);
            })
            .finish();
        let (one, two) = (breaker.acquire().unwrap(), breaker.acquire().unwrap());
        let other = thread::spawn(move || one.failure());
        two.failure();
        other.join().unwrap();
        assert_eq!(opened.load(Ordering::SeqCst), 1);
    });
}

/// The planted mistake: the same machine between a load and a store.
fn racy_arrival(bits: &AtomicU64, now: Duration) -> bool {
    let state = State::from_bits(bits.load(Ordering::SeqCst));
    let (next, decision) = state.step(&policy(1), Event::Arrival, now, 0);
    bits.store(next.to_bits(), Ordering::SeqCst);
    matches!(decision, Decision::Admit(_))
}

#[test]
#[should_panic(expected = "2 probes for one slot")]
fn a_breaker_that_loads_and_stores_is_caught() {
    loom::model(|| {
        let closed = State::new();
        let Decision::Admit(ticket) = closed.step(&policy(1), Event::Arrival, Duration::ZERO, 0).1
        else {
            panic!("a closed breaker refuses");
        };
        let failed = Event::End(ticket, Outcome::Failure);
        let (open, _) = closed.step(&policy(1), failed, Duration::ZERO, 0);
        let bits = Arc::new(AtomicU64::new(open.to_bits()));
        let shared = Arc::clone(&bits);
        let other = thread::spawn(move || racy_arrival(&shared, OPEN_FOR * 2));
        let admitted = usize::from(racy_arrival(&bits, OPEN_FOR * 2));
        let admitted = admitted + usize::from(other.join().unwrap());
        assert!(admitted <= 1, "{admitted} probes for one slot");
    });
}

#[test]
fn two_repetitions_race_for_one_token() {
    loom::model(|| {
        let budget = Budget::with_clock(BudgetPolicy::new(0, 1, 1).unwrap(), ManualClock::new());
        let other = budget.clone();
        let other = thread::spawn(move || other.draw());
        let drawn = [budget.draw(), other.join().unwrap()];
        assert_eq!(drawn.iter().filter(|drawn| **drawn).count(), 1);
    });
}

#[test]
#[should_panic(expected = "2 tokens out of one")]
fn a_budget_that_loads_and_stores_is_caught() {
    fn racy_draw(bits: &AtomicU64, policy: BudgetPolicy) -> bool {
        let balance = Balance::from_bits(bits.load(Ordering::SeqCst));
        let (next, drawn) = balance.drawn(&policy, Duration::ZERO);
        bits.store(next.to_bits(), Ordering::SeqCst);
        drawn
    }
    loom::model(|| {
        let policy = BudgetPolicy::new(0, 1, 1).unwrap();
        let bits = Arc::new(AtomicU64::new(Balance::new(&policy).to_bits()));
        let shared = Arc::clone(&bits);
        let other = thread::spawn(move || racy_draw(&shared, policy));
        let drawn = usize::from(racy_draw(&bits, policy));
        let drawn = drawn + usize::from(other.join().unwrap());
        assert!(drawn <= 1, "{drawn} tokens out of one");
    });
}
