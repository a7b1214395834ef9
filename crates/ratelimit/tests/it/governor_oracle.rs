//! governor as the judge: the same trace, the same decisions.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota as Theirs, RateLimiter};
use palisade_core::ManualClock;
use palisade_ratelimit::Quota;
use palisade_ratelimit::quota::{Gcra, Meter, Step};
use palisade_ratelimit::store::MemoryStore;
use proptest::prelude::*;

use crate::memory::{admits, ask};

fn theirs(interval: u64, burst: u32) -> Theirs {
    let period = Theirs::with_period(Duration::from_nanos(interval)).unwrap();
    period.allow_burst(NonZeroU32::new(burst).unwrap())
}

proptest! {
    #[test]
    fn the_arithmetic_decides_as_governor_does(
        interval in 1_u64..5000, burst in 1_u32..20,
        trace in prop::collection::vec((0_u64..12_000, 1_u32..6), 1..200),
    ) {
        let clock = FakeRelativeClock::default();
        let judge = RateLimiter::direct_with_clock(theirs(interval, burst), clock.clone());
        let (gcra, mut tat, mut now) = (Gcra::new(interval, burst), 0, 0);
        for (pause, cost) in trace {
            clock.advance(Duration::from_nanos(pause));
            now += pause;
            let verdict = judge.check_n(NonZeroU32::new(cost).unwrap());
            match gcra.decide(tat, now, cost) {
                Step::Admitted { tat: next } => {
                    prop_assert_eq!(verdict.map(|inner| inner.is_ok()).ok(), Some(true));
                    tat = next;
                }
                Step::Early { wait } => {
                    let until = verdict.unwrap().unwrap_err();
                    let theirs = until.wait_time_from(governor::clock::Clock::now(&clock));
                    prop_assert_eq!(theirs, Duration::from_nanos(wait));
                }
                Step::Never => prop_assert!(verdict.is_err()),
            }
        }
    }

    /// Where intervals and pauses are whole ticks, the store in memory does too.
    #[test]
    fn the_store_in_memory_decides_as_governor_does(
        seconds in 1_u32..100, burst in 1_u32..12,
        trace in prop::collection::vec((0_u128..5, 0_u64..40_000), 1..300),
    ) {
        let fake = FakeRelativeClock::default();
        let quota = Quota::per(1, Duration::from_secs(seconds.into())).unwrap().burst(burst);
        let Some(Meter::Bucket(gcra)) = quota.meter() else { panic!("a bucket") };
        let theirs = theirs(gcra.interval(), burst);
        let judge = RateLimiter::dashmap_with_clock(theirs, fake.clone());
        let clock = ManualClock::new();
        let store = MemoryStore::with_bytes(1 << 14).unwrap().with_clock(clock.clone());
        for (key, millis) in trace {
            let pause = Duration::from_millis(millis - millis % 125);
            fake.advance(pause);
            clock.advance(pause);
            prop_assert_eq!(admits(&store, ask(key, quota)), judge.check_key(&key).is_ok());
        }
    }
}

#[cfg(feature = "governor")]
#[tokio::test]
async fn governor_can_be_the_store() {
    use palisade_ratelimit::store::{Act, GovernorStore, Store};
    let (quota, other) = (Quota::per_minute(3), Quota::per_minute(1));
    let clock = FakeRelativeClock::default();
    let store = GovernorStore::with_clock([quota, other], clock.clone());
    for remaining in [2, 1, 0] {
        let verdict = store.decide(&[ask(1, quota)], Act::Charge).await.unwrap();
        assert_eq!(verdict.readings()[0].remaining(), remaining);
    }
    let refused = store.decide(&[ask(1, quota)], Act::Charge).await.unwrap();
    assert_eq!(refused.readings()[0].retry_after(), Duration::from_secs(20));
    assert!(store.decide(&[ask(2, other)], Act::Charge).await.unwrap().is_admitted());
    assert!(store.decide(&[ask(2, other)], Act::Peek).await.is_err());
    clock.advance(Duration::from_hours(1));
    store.retain_recent();
    assert!(store.decide(&[ask(1, quota)], Act::Charge).await.unwrap().is_admitted());
}
