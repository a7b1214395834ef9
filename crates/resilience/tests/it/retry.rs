//! The retry policy, the budget and the function around them.

use std::future::{pending, ready};
use std::time::Duration;

use palisade_core::{Clock, ManualClock};
use palisade_resilience::deadline::{Deadline, DeadlineError};
use palisade_resilience::retry::{
    Balance, Budget, BudgetPolicy, ErrorsAgain, Jitter, Plan, Retry, RetryPolicy, Stop, Verdict,
};
use palisade_resilience::{Dice, RuntimeClock};
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);

fn policy(jitter: Jitter) -> RetryPolicy {
    let policy = RetryPolicy::default().tries(5).unwrap().jitter(jitter);
    policy.backoff(100 * MS, 1000 * MS).unwrap()
}

proptest! {
    #[test]
    fn a_wait_lies_between_its_bounds(next in 2_u8..=255, random: u64) {
        let whole = 100 * MS * 2_u32.pow(u32::from(next - 2).min(4));
        let whole = whole.min(1000 * MS);
        prop_assert!(policy(Jitter::Full).wait_before(next, random) < whole);
        let equal = policy(Jitter::Equal).wait_before(next, random);
        prop_assert!(equal >= whole / 2 && equal < whole);
    }

    #[test]
    fn a_plan_never_sleeps_to_the_deadline_nor_wakes_before_retry_after(
        done in 1_u8..8, asked in proptest::option::of(0_u32..20_000), left: Option<u32>, random: u64,
    ) {
        let verdict = asked.map_or(Verdict::Again, |asked| Verdict::AgainAfter(MS * asked));
        let left = left.map(|left| MS * left);
        // The model: the first reason to stop, in this order.
        let asked = MS * asked.unwrap_or(0);
        let wait = asked + policy(Jitter::Full).wait_before(done + 1, random);
        let expected = if done >= 5 {
            Plan::Stop(Stop::Tries)
        } else if asked > Duration::from_secs(10) {
            Plan::Stop(Stop::RetryAfter)
        } else if left.is_some_and(|left| wait >= left) {
            Plan::Stop(Stop::Deadline)
        } else {
            Plan::Again(wait)
        };
        let plan = policy(Jitter::Full).plan(done, verdict, left, random);
        prop_assert_eq!(plan, expected);
        if let Plan::Again(wait) = plan {
            prop_assert!(wait >= asked && left.is_none_or(|left| wait < left));
        }
    }

    #[test]
    fn a_budget_grants_what_was_paid_in_and_no_more(
        (percent, per_second, most) in (0_u8..=100, 0_u16..50, 1_u16..200),
        trace in proptest::collection::vec((any::<bool>(), 0_u64..400), 1..400),
    ) {
        let policy = BudgetPolicy::new(percent, per_second, most).unwrap();
        let mut balance = Balance::new(&policy);
        // The model: a number of tokens, brought up to date at each draw.
        let most = f64::from(most);
        let mut tokens = f64::from(per_second).min(most);
        let (mut now, mut paid) = (0_u64, 0_u64);
        let (mut calls, mut drawn) = (0_u32, 0_u32);
        for (call, wait) in trace {
            now += wait;
            if call {
                calls += 1;
                balance = balance.paid_in(&policy);
                tokens = (tokens + f64::from(percent) / 100.0).min(most);
            } else {
                let millis = f64::from(u32::try_from(now - paid).unwrap());
                paid = now;
                tokens = (tokens + millis * f64::from(per_second) / 1000.0).min(most);
                let (next, granted) = balance.drawn(&policy, Duration::from_millis(now));
                balance = next;
                // Thousandths are exact in the machine and nearly so in the model.
                if (tokens - 1.0).abs() > 1e-6 {
                    prop_assert_eq!(granted, tokens >= 1.0);
                }
                if granted {
                    tokens -= 1.0;
                    drawn += 1;
                }
            }
            prop_assert_eq!(Balance::from_bits(balance.to_bits()), balance);
            let seconds = f64::from(u32::try_from(now).unwrap()) / 1000.0;
            let bound = f64::from(per_second) * (1.0 + seconds)
                + f64::from(calls) * f64::from(percent) / 100.0;
            prop_assert!(f64::from(drawn) <= bound + 1e-6);
        }
    }
}

#[test]
fn a_clock_that_goes_back_pays_the_budget_twice() {
    let policy = BudgetPolicy::new(0, 1, 10).unwrap();
    let at = Duration::from_secs;
    let (balance, granted) = Balance::new(&policy).drawn(&policy, at(1));
    assert!(granted);
    let (balance, _) = balance.drawn(&policy, Duration::ZERO);
    assert!(!balance.drawn(&policy, at(1)).1, "the first second was paid for already");
}

#[test]
fn a_shared_budget_fills_by_the_second() {
    let clock = ManualClock::new();
    let budget = Budget::with_clock(BudgetPolicy::new(50, 2, 10).unwrap(), clock.clone());
    let other = budget.clone();
    assert!(budget.draw() && other.draw() && !budget.draw());
    clock.advance(Duration::from_secs(1));
    assert!(budget.draw() && other.draw() && !other.draw());
    budget.pay_in();
    other.pay_in();
    assert_eq!(budget.tokens(), 1);
    clock.advance(Duration::from_hours(1));
    assert_eq!((0..100).filter(|_| budget.draw()).count(), 10, "no more than is saved up");
}

fn retry(policy: RetryPolicy) -> Retry {
    Retry::setup(policy).with_dice(Dice::seeded(3)).finish()
}

fn now() -> std::time::Instant {
    RuntimeClock::new().now()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_in_passing_succeeds() {
    let mut tries = 0;
    let answer = retry(policy(Jitter::Full))
        .run(
            None,
            |attempt| {
                tries += 1;
                ready(if attempt.number < 3 { Err("busy") } else { Ok(attempt.number) })
            },
            ErrorsAgain,
        )
        .await;
    assert_eq!((answer, tries), (Ok(3), 3));
}

#[tokio::test(start_paused = true)]
async fn the_last_error_comes_back_when_all_tries_are_used() {
    let mut tries = 0;
    let call = |_| {
        tries += 1;
        ready(Err::<(), _>(tries))
    };
    let answer = retry(policy(Jitter::Equal)).run(None, call, ErrorsAgain).await;
    assert_eq!(answer, Err(DeadlineError::Inner(5)));
}

#[tokio::test(start_paused = true)]
async fn a_try_that_hangs_is_given_up_and_repeated() {
    let policy = policy(Jitter::Full).try_limit(50 * MS);
    let call = |attempt: palisade_resilience::retry::Attempt| async move {
        if attempt.number == 1 {
            pending::<()>().await;
        }
        Ok::<_, ()>(attempt.deadline.unwrap().remaining(now()))
    };
    assert_eq!(retry(policy).run(None, call, ErrorsAgain).await, Ok(50 * MS));
}

#[tokio::test(start_paused = true)]
async fn all_tries_together_end_at_the_deadline() {
    let start = now();
    let whole = Deadline::after(start, 300 * MS);
    let policy = policy(Jitter::Equal).try_limit(100 * MS);
    let call = |_| pending::<Result<(), ()>>();
    let answer = retry(policy).run(Some(whole), call, ErrorsAgain).await;
    assert!(matches!(answer, Err(DeadlineError::Exceeded(_))));
    assert!(now() - start <= 301 * MS, "{:?}", now() - start);
    let retry = retry(policy);
    let past = Some(Deadline::at(now()));
    let late = retry.run(past, |_| ready(Ok::<_, ()>(())), ErrorsAgain);
    assert!(matches!(late.await, Err(DeadlineError::Exceeded(_))), "not even tried");
}
