//! The shared breaker: the mistakes that breakers are known for.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use palisade_core::{Clock, ManualClock};
use palisade_resilience::breaker::{
    Breaker, BreakerError, BreakerPolicy, Decision, Event, Outcome, Phase, State,
};
use palisade_resilience::{ConfigError, Dice};

pub(crate) const OPEN: Duration = Duration::from_secs(1);

pub(crate) fn policy() -> BreakerPolicy {
    strict().unwrap()
}

fn strict() -> Result<BreakerPolicy, ConfigError> {
    BreakerPolicy::default()
        .failures_in_a_row(2)?
        .without_failure_ratio()
        .open_for(OPEN, Duration::from_secs(8))
}

pub(crate) fn breaker(policy: BreakerPolicy) -> (Breaker, ManualClock) {
    let clock = ManualClock::new();
    let breaker = Breaker::setup("redis", policy)
        .with_clock(clock.clone())
        .with_dice(Dice::seeded(7))
        .finish();
    (breaker, clock)
}

pub(crate) fn open(breaker: &Breaker) {
    while breaker.phase() != Phase::Open {
        breaker.acquire().unwrap().failure();
    }
}

/// Longer than any first open time with its jitter.
const OVER: Duration = Duration::from_millis(1600);

#[test]
fn a_breaker_that_never_closes() {
    let (breaker, clock) = breaker(policy());
    for _ in 0..20 {
        open(&breaker);
        clock.advance(OVER);
        breaker.acquire().unwrap().success();
        assert_eq!(breaker.phase(), Phase::Closed);
    }
}

#[test]
fn a_half_open_slot_leaked_by_a_cancelled_caller() {
    let (breaker, clock) = breaker(policy());
    open(&breaker);
    clock.advance(OVER);
    for _ in 0..100 {
        let probe = breaker.acquire().unwrap();
        assert!(breaker.acquire().is_err(), "one probe at a time");
        drop(probe);
    }
    breaker.acquire().unwrap().success();
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[tokio::test]
async fn a_slot_leaked_by_a_future_that_is_dropped() {
    let (breaker, clock) = breaker(policy());
    open(&breaker);
    clock.advance(OVER);
    {
        let hangs = breaker.run(std::future::pending::<Result<(), ()>>);
        let mut hangs = std::pin::pin!(hangs);
        assert!(futures_poll(hangs.as_mut()).is_pending());
        assert!(breaker.acquire().is_err());
    }
    assert!(breaker.acquire().is_ok());
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn a_slot_held_for_ever_by_a_probe_that_hangs() {
    let (breaker, clock) = breaker(policy());
    open(&breaker);
    clock.advance(OVER);
    let hung = breaker.acquire().unwrap();
    assert!(breaker.acquire().is_err());
    clock.advance(Duration::from_secs(11));
    assert!(breaker.acquire().is_err());
    assert_eq!(breaker.phase(), Phase::Open, "the hung probe counts as failed");
    clock.advance(Duration::from_secs(4));
    breaker.acquire().unwrap().success();
    hung.failure();
    assert_eq!(breaker.phase(), Phase::Closed, "its late end counts for nothing");
}

#[test]
fn a_late_success_from_before_the_opening_closes_it() {
    let (breaker, clock) = breaker(policy());
    let (early, second) = (breaker.acquire().unwrap(), breaker.acquire().unwrap());
    open(&breaker);
    early.success();
    assert_eq!(breaker.phase(), Phase::Open);
    clock.advance(OVER);
    let probe = breaker.acquire().unwrap();
    second.success();
    assert_eq!(breaker.phase(), Phase::HalfOpen);
    drop(probe);
}

#[test]
fn a_late_failure_from_before_the_opening_opens_it_again() {
    let (breaker, clock) = breaker(policy().failures_in_a_row(1).unwrap());
    let early = breaker.acquire().unwrap();
    open(&breaker);
    clock.advance(OVER);
    breaker.acquire().unwrap().success();
    early.failure();
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn thundering_probes() {
    let (breaker, clock) = breaker(policy().probes(3, 5).unwrap());
    open(&breaker);
    clock.advance(OVER);
    let waiting: Vec<_> = (0..1000).filter_map(|_| breaker.acquire().ok()).collect();
    assert_eq!(waiting.len(), 3);
}

#[test]
fn one_failed_probe_opens_for_twice_as_long_up_to_the_cap() {
    let (breaker, clock) = breaker(policy());
    open(&breaker);
    for least in [1, 2, 4, 8, 8, 8] {
        let wait = breaker.would_refuse().unwrap();
        let least = Duration::from_secs(least);
        assert!(wait >= least && wait <= least * 3 / 2 + Duration::from_millis(16), "{wait:?}");
        clock.advance(wait);
        breaker.acquire().unwrap().failure();
        assert_eq!(breaker.phase(), Phase::Open);
    }
}

#[test]
fn a_fleet_does_not_come_back_as_one() {
    let waits: std::collections::BTreeSet<_> = (0..200)
        .map(|seed| {
            let setup = Breaker::setup("redis", policy()).with_clock(ManualClock::new());
            let breaker = setup.with_dice(Dice::seeded(seed)).finish();
            open(&breaker);
            breaker.would_refuse().unwrap()
        })
        .collect();
    assert!(waits.len() > 50, "only {} different moments", waits.len());
    let spread = waits.last().unwrap().abs_diff(*waits.first().unwrap());
    assert!(spread > Duration::from_millis(400), "all within {spread:?}");
}

struct Unsteady {
    start: Instant,
    ahead: Arc<Mutex<Duration>>,
}

impl Clock for Unsteady {
    fn now(&self) -> Instant {
        self.start + *self.ahead.lock().unwrap()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

#[test]
fn a_clock_that_goes_back_keeps_it_open_for_ever() {
    let ahead = Arc::new(Mutex::new(Duration::from_hours(10)));
    let start = ManualClock::new().now();
    *ahead.lock().unwrap() = Duration::ZERO;
    let clock = Unsteady { start, ahead: Arc::clone(&ahead) };
    let breaker = Breaker::setup("redis", policy()).with_clock(clock).finish();
    *ahead.lock().unwrap() = Duration::from_hours(10);
    open(&breaker);
    // Back by a little: it waits that much longer. Back by hours: it does not wait hours.
    *ahead.lock().unwrap() -= Duration::from_millis(500);
    assert!(breaker.acquire().is_err());
    *ahead.lock().unwrap() = Duration::from_hours(1);
    breaker.acquire().unwrap().success();
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn a_clock_past_its_last_tick_admits_probes() {
    let (policy, state) = (policy().failures_in_a_row(1).unwrap(), State::new());
    let Decision::Admit(ticket) = state.step(&policy, Event::Arrival, Duration::MAX, 0).1 else {
        panic!("a closed breaker refuses");
    };
    let failed = Event::End(ticket, Outcome::Failure);
    let (open, _) = state.step(&policy, failed, Duration::MAX, 0);
    assert_eq!(open.phase(), Phase::Open);
    let (_, decision) = open.step(&policy, Event::Arrival, Duration::MAX, 0);
    assert!(matches!(decision, Decision::Admit(_)));
}

#[test]
fn half_of_the_last_calls_opens_though_successes_lie_between() {
    let policy = BreakerPolicy::default().failure_ratio(50, 20, 10).unwrap();
    let (breaker, _) = breaker(policy);
    for call in 0..9 {
        let permit = breaker.acquire().unwrap();
        permit.settle(if call % 2 == 0 { Outcome::Failure } else { Outcome::Success });
    }
    assert_eq!(breaker.phase(), Phase::Closed, "less than the minimum");
    breaker.acquire().unwrap().success();
    breaker.acquire().unwrap().failure();
    assert_eq!(breaker.phase(), Phase::Open);
}

#[test]
fn a_slow_call_is_a_failure_where_the_policy_says_so() {
    for (policy, phase) in
        [(policy(), Phase::Closed), (policy().slow_after(Duration::from_millis(50)), Phase::Open)]
    {
        let (breaker, clock) = breaker(policy);
        for settle in [true, false] {
            let permit = breaker.acquire().unwrap();
            clock.advance(Duration::from_millis(50));
            // The second caller goes away: a dependency that hangs must open it all the same.
            if settle { permit.success() } else { drop(permit) }
        }
        assert_eq!(breaker.phase(), phase);
    }
}

#[tokio::test]
async fn the_classifier_says_what_a_failure_is() {
    let (breaker, _) = breaker(policy());
    for _ in 0..10 {
        let missing = breaker
            .run_classified(
                || async { Err::<(), _>("no such row") },
                |_: &Result<_, _>| Outcome::Success,
            )
            .await;
        assert_eq!(missing, Err(BreakerError::Inner("no such row")));
    }
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn transitions_are_told_in_order_with_their_generation() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (told_to, clock) = (Arc::clone(&told), ManualClock::new());
    let breaker = Breaker::setup("redis", policy())
        .with_clock(clock.clone())
        .on_transition(move |transition| told_to.lock().unwrap().push(transition))
        .finish();
    open(&breaker);
    clock.advance(OVER);
    breaker.acquire().unwrap().success();
    let told: Vec<_> =
        told.lock().unwrap().iter().map(|t| (t.breaker, t.from, t.to, t.generation)).collect();
    let expected = [
        ("redis", Phase::Closed, Phase::Open, 1),
        ("redis", Phase::Open, Phase::HalfOpen, 2),
        ("redis", Phase::HalfOpen, Phase::Closed, 3),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_refusal_becomes_a_503_that_keeps_the_name_inside() {
    let (breaker, _) = breaker(policy());
    open(&breaker);
    let refused = breaker.acquire().unwrap_err();
    assert_eq!(refused.breaker(), "redis");
    let response = refused.problem().prepare().response::<Vec<u8>>();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "2");
    let body = String::from_utf8(response.into_body()).unwrap();
    assert!(body.contains("dependency_unavailable") && !body.contains("redis"), "{body}");
}
