//! What each protection is for: the same outage with it and without it.

use std::cell::Cell;
use std::future::ready;
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_resilience::Dice;
use palisade_resilience::breaker::BreakerPolicy;
use palisade_resilience::retry::{Budget, BudgetPolicy, ErrorsAgain, Jitter, Retry, RetryPolicy};

use crate::breaker::breaker;

const CALLERS: u32 = 2000;

#[tokio::test]
async fn a_dead_dependency_is_spared_by_the_breaker() {
    let calls = Cell::new(0_u32);
    let dead = || {
        calls.set(calls.get() + 1);
        ready(Err::<(), _>("down"))
    };
    for _ in 0..CALLERS {
        dead().await.unwrap_err();
    }
    assert_eq!(calls.replace(0), CALLERS, "without: every caller waits for it");
    let (breaker, clock) = breaker(BreakerPolicy::default());
    for _ in 0..CALLERS {
        breaker.run(dead).await.unwrap_err();
        clock.advance(Duration::from_millis(50));
    }
    // 100 seconds: 5 calls until it opens, then probes after 5, 10, 20, 40 s and more.
    assert!((8..=10).contains(&calls.get()), "with: {} calls", calls.get());
}

async fn amplification(retry: &Retry) -> f64 {
    let calls = Cell::new(0_u32);
    for _ in 0..CALLERS {
        let dead = |_| {
            calls.set(calls.get() + 1);
            ready(Err::<(), _>("down"))
        };
        retry.run(None, dead, ErrorsAgain).await.unwrap_err();
    }
    f64::from(calls.get()) / f64::from(CALLERS)
}

#[tokio::test(start_paused = true)]
async fn a_retry_storm_is_bounded_by_the_budget() {
    let policy = RetryPolicy::default().tries(4).unwrap();
    let storm = Retry::setup(policy).insecure_without_budget().finish();
    assert!(
        (amplification(&storm).await - 4.0).abs() < f64::EPSILON,
        "without: four times the load"
    );
    // The seconds add nothing here: the budget's clock stands still.
    let budget = Budget::with_clock(BudgetPolicy::new(10, 3, 100).unwrap(), ManualClock::new());
    let calm = Retry::setup(policy).with_budget(budget).finish();
    let factor = amplification(&calm).await;
    assert!((1.05..=1.11).contains(&factor), "with: {factor} times");
}

/// How many of 1000 callers that failed together come back within the busiest 10 ms.
fn crowd(wait: impl Fn(u64) -> Duration) -> usize {
    let dice = Dice::seeded(11);
    let mut slots = [0_usize; 101];
    for _ in 0..1000 {
        let slot = usize::try_from(wait(dice.roll()).as_millis() / 10).unwrap();
        slots[slot] += 1;
    }
    slots.into_iter().max().unwrap()
}

#[test]
fn callers_that_failed_together_do_not_come_back_together() {
    let second = Duration::from_secs(1);
    let policy = RetryPolicy::default().backoff(second, second).unwrap();
    assert_eq!(crowd(|_| second), 1000, "without: all at once");
    let full = crowd(|random| policy.jitter(Jitter::Full).wait_before(2, random));
    assert!(full < 25, "full jitter: {full} in 10 ms, 10 on average");
    let equal = crowd(|random| policy.jitter(Jitter::Equal).wait_before(2, random));
    assert!(equal < 45, "equal jitter: {equal} in 10 ms, 20 on average");
}
