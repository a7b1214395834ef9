//! What a decision costs, exactly.

use palisade_core::ManualClock;
use palisade_ratelimit::fields::Fields;
use palisade_ratelimit::store::{Act, MemoryStore, Overflow, Store};
use palisade_ratelimit::{Limits, Quota, Rule};
use palisade_testkit::alloc::{Allocations, count, count_returning};
use tower::Service;

use crate::memory::{Memory, admits, ask};
use crate::request::{app, from, get, limits};

#[test]
fn a_decision_in_memory_allocates_nothing() {
    let Memory { store, .. } = Memory::new(1 << 12);
    for quota in [Quota::per_hour(3), Quota::per_hour(3).strict()] {
        for overflow in [Overflow::Lenient, Overflow::Strict] {
            for subject in 0..2000 {
                let list = [
                    ask(subject, quota).overflow(overflow),
                    ask(subject + 1, quota.times(2)).overflow(overflow),
                ];
                assert_eq!(count(|| store.decide_now(&list, Act::Charge)), Allocations::NONE);
            }
        }
    }
}

/// Allocations of one call of the layer, the request's and the answer's own left out.
fn layer(limits: &Limits, times: usize) -> Vec<u64> {
    let mut service = app(limits);
    let mut costs = Vec::new();
    for _ in 0..times {
        let request = from("2001:db8::1", get("/api/x"));
        let (future, called) = count_returning(|| service.call(request));
        let (answer, polled) = count_returning(|| {
            let mut future = std::pin::pin!(future);
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            match future.as_mut().poll(&mut cx) {
                std::task::Poll::Ready(answer) => answer.unwrap(),
                std::task::Poll::Pending => panic!("it answers at once"),
            }
        });
        costs.push(called.allocations + polled.allocations);
        drop(answer);
    }
    costs
}

#[test]
fn an_admitted_request_without_fields_allocates_nothing() {
    let (limits, _) = limits(|builder| {
        let rule = |name: &str| Rule::new(name, Quota::per_hour(500)).on("/api/{*rest}");
        builder.fields(Fields::none()).rule(rule("one"))
    });
    // The first 256 are looked at for a layer that is there twice.
    let costs = layer(&limits, 300);
    assert!(costs[260..].iter().all(|cost| *cost == 0), "{:?}", &costs[260..]);
}

#[test]
fn a_refusal_allocates_its_answer_and_nothing_else() {
    // The map (two blocks) and the value of `RateLimit`; that of `Retry-After` where there is a wait.
    for (quota, allocations) in [(Quota::per_hour(0), 3), (Quota::per_hour(1), 4)] {
        let (limits, _) = limits(|builder| builder.rule(Rule::new("one", quota)));
        let costs = layer(&limits, 300);
        assert!(costs[290..].iter().all(|cost| *cost == allocations), "{:?}", &costs[290..]);
    }
}

#[test]
fn a_million_keys_fit_in_seventeen_bytes_each() {
    const KEYS: u64 = 1_000_000;
    let clock = ManualClock::new();
    let make = || MemoryStore::with_bytes(17_000_000).unwrap().with_clock(clock.clone());
    let (store, taken) = count_returning(make);
    let quota = Quota::per_day(1);
    let come = || (0..u128::from(KEYS)).filter(|key| admits(&store, ask(*key, quota))).count();
    let (admitted, more) = count_returning(come);
    assert_eq!((u64::try_from(admitted), more), (Ok(KEYS), Allocations::NONE));
    // All that the allocator was ever asked for, the clock's few bytes with it.
    assert!(taken.bytes <= 17 * KEYS, "{taken:?}");
    let forgotten = come();
    assert!(forgotten < 200, "{forgotten} of a million");
}
